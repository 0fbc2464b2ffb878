"""Speed and memory as ratios against bare numpy and bare pandas in the same run; never timed tests."""
