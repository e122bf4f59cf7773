"""What every process of Perito is built from."""
