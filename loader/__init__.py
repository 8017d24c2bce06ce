"""Bulk loader of outbound calling campaigns into Kore.ai Contact Center."""
