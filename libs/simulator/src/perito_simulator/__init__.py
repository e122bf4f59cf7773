"""A made-up retailer whose books agree, and the faults that are planted in them on purpose."""
