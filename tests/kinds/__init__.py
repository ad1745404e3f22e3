"""A kind of part that no other file knows: all that it takes to add one on this side is the module beside this one."""
