"""Replies: which earlier line a line of a chat answers, where the network gives no pointer."""
