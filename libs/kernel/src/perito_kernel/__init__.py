"""The words Perito's parts share. Standard library only: anything may import this, and it imports nothing of ours."""
