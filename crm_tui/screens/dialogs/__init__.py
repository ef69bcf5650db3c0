"""Dialogs: each names the record it acts on, keeps to it, and keeps what was typed."""
