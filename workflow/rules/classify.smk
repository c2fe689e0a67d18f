rule classify:
    input:
        unpack(strain_files_at),
        weights=f"<results>/models/seed-{SEEDS[0]}/best.weights.h5",
        history=f"<results>/models/seed-{SEEDS[0]}/history.csv",
        dataset=f"<results>/datasets/{VALIDATION}.h5",
    output:
        "<results>/classify/{gps}.h5",
    log:
        "<logs>/classify/{gps}.log",
    benchmark:
        "<benchmarks>/classify/{gps}.tsv"
    conda:
        "../../envs/classify.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="10m",
    params:
        code=code_of("classify"),
        tables=resources.digest("events.tsv"),
        settings=moment_settings(),
        classifier=network_settings(),
        saliency=map_settings(),
        run=config["run"],
        gps="{gps}",
    message:
        "What the network says of GPS {wildcards.gps}"
    script:
        "../scripts/classify.py"


rule plot_classify:
    input:
        "<results>/classify/{gps}.h5",
    output:
        png=report(
            "<results>/classify/{gps}.png",
            caption="../report/moment.rst",
            category="Moments",
            labels={"GPS": "{gps}"},
        ),
        html="<results>/classify/{gps}.html",
    log:
        "<logs>/plot_classify/{gps}.log",
    benchmark:
        "<benchmarks>/plot_classify/{gps}.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plot_classify"),
    message:
        "Picture and page of GPS {wildcards.gps}"
    script:
        "../scripts/plot_classify.py"
