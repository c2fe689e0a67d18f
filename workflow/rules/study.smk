# A study reads this workflow again for each variant, as a module with a configuration of its own.
# What variants share lies in one folder. The rules of one variant make it, and those of the others
# write to a folder of their own that nothing asks for. Where this workflow is a module of another
# one, Snakemake reads it again for each single rule; the variants are there already then.
for VARIANT in STUDY.variants if workflow.modifier.rule_whitelist is None else []:
    MODULE, PREFIX = VARIANT.module, VARIANT.prefix

    module:
        name: MODULE
        pathvars:
            **VARIANT.pathvars,
        snakefile:
            "../Snakefile"
        config:
            VARIANT.config

    use rule * from MODULE exclude fetch_strain, record, study, tabulate_study, plot_study as PREFIX*


settle_variants()


rule tabulate_study:
    input:
        STUDY.files(),
    output:
        study=report(
            f"{STUDY.results}/tables/study.csv",
            caption="../report/tables/study.rst",
            category="Study",
            labels={"table": "study", "what": "differences of variants"},
        ),
        costs=f"{STUDY.results}/tables/study_cost.csv",
    log:
        f"logs/{STUDY.name}/tabulate_study/tabulate_study.log",
    benchmark:
        f"benchmarks/{STUDY.name}/tabulate_study/tabulate_study.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="30m",
    params:
        **{key: config["detection"][key] for key in ("rates", "rate", "probabilities")},
        code=code_of("tabulate_study"),
        study=STUDY.settings(),
        costs=STUDY.costs(),
        classes=config["classes"],
    message:
        "Comparison of the variants of {params.study[name]}"
    script:
        "../scripts/tabulate_study.py"


rule plot_study:
    input:
        study=rules.tabulate_study.output.study,
        costs=rules.tabulate_study.output.costs,
    output:
        pdf=report(
            f"{STUDY.results}/figures/study.pdf",
            caption="../report/study.rst",
            category="Study",
            labels={"figure": "study", "what": "variants beside each other"},
        ),
        png=f"{STUDY.results}/figures/study.png",
        html=f"{STUDY.results}/study.html",
    log:
        f"logs/{STUDY.name}/plot_study/plot_study.log",
    benchmark:
        f"benchmarks/{STUDY.name}/plot_study/plot_study.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plot_study"),
        study=STUDY.settings(),
    message:
        "Figure and page of the study {params.study[name]}"
    script:
        "../scripts/plot_study.py"


rule study:
    input:
        pages_of_study,
