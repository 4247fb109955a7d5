"""Who is who: parties and their places, people who log in, devices that sign; and who may do what."""
