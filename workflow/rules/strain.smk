# No rule takes a digest of this script, so a module from github() must fetch its files here.
CODE.files("fetch_strain.py")

# An output with update() has a backup only if the file was there before.
logger.addFilter(about_backups)


onstart:
    announce()


# A fetched file depends on its name alone. The rule has neither params nor a digest of the code, so
# that a change of mirror or of a script fetches nothing again. update() keeps an old file until
# the job has looked at it, so that a new conda environment causes a check, but no download.
# On a cluster the rule runs where Snakemake does, because computing nodes often have no way out.
rule fetch_strain:
    output:
        fetched(f"{CACHE}/{{strain}}.hdf5"),
    log:
        "<logs>/fetch_strain/{strain}.log",
    benchmark:
        "<benchmarks>/fetch_strain/{strain}.tsv"
    wildcard_constraints:
        strain=r"(temporary/[\w.+-]+/(noise|moments|scan)/)?[HLVK]-[HLVK]1_GWOSC_O\d[ab]?_4KHZ_R1-\d+-4096",
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
