rule classify_moment:
    input:
        unpack(strain_at),
        weights=WEIGHTS,
        history=f"<models>/seed-{SEEDS[0]}/history.csv",
        dataset=f"<datasets>/{VALIDATION}.h5",
    output:
        "<results>/moments/{gps}.h5",
    log:
        "<logs>/classify_moment/{gps}.log",
    benchmark:
        "<benchmarks>/classify_moment/{gps}.tsv"
    conda:
        "../../envs/moment.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="10m",
    params:
        code=code_of("classify_moment"),
        tables=resources.digest("events.tsv"),
        moment=moments.settings_of(config),
        classifier=classifier_settings(),
        saliency=saliency_settings(),
        run=config["run"],
        gps="{gps}",
    message:
        "The network's answer to GPS {wildcards.gps}"
    script:
        "../scripts/classify_moment.py"


rule plot_moment:
    input:
        "<results>/moments/{gps}.h5",
    output:
        png=report(
            "<results>/moments/{gps}.png",
            caption="../report/moment.rst",
            category="Moments",
            subcategory=VARIANT_SHOWN,
            labels={"GPS": "{gps}"},
        ),
        html="<results>/moments/{gps}.html",
    log:
        "<logs>/plot_moment/{gps}.log",
    benchmark:
        "<benchmarks>/plot_moment/{gps}.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plot_moment"),
    message:
        "Picture and page of GPS {wildcards.gps}"
    script:
        "../scripts/plot_moment.py"


rule list_moments:
    input:
        unpack(answers_of_table),
    output:
        "<results>/moments/index.html",
    log:
        "<logs>/list_moments/list_moments.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("list_moments"),
        names=names_of_moments,
    message:
        "List of the moments in {config[moment][table]}"
    script:
        "../scripts/list_moments.py"


rule moments:
    input:
        rules.list_moments.output,
