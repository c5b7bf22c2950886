"""The commands of `lungwatch-export`: one file each, whose name is what the user types, with one `command`.

A module here imports TensorFlow, and whatever does, only when its command runs: `inspect`, `verify`, `bench` and
`bundle` work where it is not installed.
"""
