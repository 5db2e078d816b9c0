"""What an operator runs beside `pulumi`: bring a stack up and down, look at it, get into it.

It works through the command lines `pulumi`, `docker`, `kubectl` and `k3d`, and knows the program
only by its names, labels and stack outputs; so it works on a stack that the program can't build.
"""
