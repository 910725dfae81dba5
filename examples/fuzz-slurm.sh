#!/bin/sh
# sbatch --array=1-64 fuzz-slurm.sh; a requeued job continues where it stopped. Afterwards, on the shared file system:
#   stublab fuzz merge fuzz/part* -o fuzz/merged
#SBATCH --cpus-per-task=1
#SBATCH --requeue
exec stublab fuzz --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --cases 1000000000 --corpus "fuzz/part$SLURM_ARRAY_TASK_ID"
