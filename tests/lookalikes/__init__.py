"""Books made to resemble real ones, and the assertions that must hold for both."""
