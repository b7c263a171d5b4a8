"""Who does what in a community: connectors, mavens, hosts, newcomers, the core, bridges to us and broadcasters."""
