"""Schemas of what an operation takes and returns, from its shapes in botocore's model.

The generator writes those of the 25 actions into files, which the actions read when they start.
Call Operation derives them itself, for the operation that is chosen. No other action imports this
package, because the model takes time to load.
"""
