"""What Snakemake asks when it plans a run: checks of the config, files, and params."""
