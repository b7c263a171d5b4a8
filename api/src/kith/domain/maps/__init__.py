"""Pictures and exports: community maps, relationship histories, GraphML, GEXF and CSV; all pure."""
