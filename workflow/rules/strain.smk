# A module from github() has to have the library of a script that no rule takes a digest of.
CODE.files("fetch_strain.py")


def fetched(path):
    """Output of a download: kept for other runs, or removed once it is whitened."""
    return update(path) if config["noise"]["gwosc"]["keep"] else temp(update(path))


def announce():
    """Before the first job: name the run, what will be fetched, and refuse if there is no room."""
    logger.info(f"Run {config['run']}, to results/{config['run']}")
    # As a module the workflow's rules may have a prefix.
    jobs = [job for job in workflow.dag.needrun_jobs() if job.rule.name.endswith("fetch_strain")]
    missing = [job.output[0] for job in jobs if not Path(job.output[0]).exists()]
    plan = checked(archive.plan, missing, CACHE, config["noise"]["gwosc"]["folder"])
    if plan is not None:
        logger.info(plan)


onstart:
    announce()


# A fetched file depends on its name alone. The rule has neither params nor a digest of the code, so
# that a change of mirror or of a script fetches nothing again. update() keeps a file that is there
# until the job has looked at it; a new conda environment then costs a look, and no download.
# On a cluster the rule runs where Snakemake does, because computing nodes often have no way out.
rule fetch_strain:
    output:
        fetched(f"{CACHE}/{{strain}}.hdf5"),
    log:
        "<logs>/fetch_strain/{strain}.log",
    benchmark:
        "<benchmarks>/fetch_strain/{strain}.tsv"
    wildcard_constraints:
        strain=r"(temporary/[\w.+-]+/(noise|moments)/)?[HLVK]-[HLVK]1_GWOSC_O\d[ab]?_4KHZ_R1-\d+-4096",
    localrule: True
    conda:
        "../../envs/strain.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime="2h",
        downloads=1,
    message:
        "Strain {wildcards.strain} from GWOSC"
    script:
        "../scripts/fetch_strain.py"
