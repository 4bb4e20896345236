"""An hour of mixed load at a share of what the machine can do: does anything grow, slow down or pile up?"""
