# A stretch of strain is searched in parts, so that a long one resumes, and runs side by side.
rule scan_part:
    input:
        unpack(strain_of_part),
        weights=WEIGHTS,
        dataset=f"<datasets>/{VALIDATION}.h5",
    output:
        "<results>/scan/parts/{start}-{end}.h5",
    log:
        "<logs>/scan_part/{start}-{end}.log",
    benchmark:
        "<benchmarks>/scan_part/{start}-{end}.tsv"
    conda:
        "../../envs/moment.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        code=code_of("scan_part"),
        scan=scans.settings_of(config),
        classifier=classifier_settings(),
        layer=config["saliency"]["layer"],
        start="{start}",
        end="{end}",
    message:
        "Windows from GPS {wildcards.start} to {wildcards.end}"
    script:
        "../scripts/scan_part.py"


rule rate_scan:
    input:
        unpack(rating_of_scan),
        parts=parts_of_scan,
        dataset=f"<datasets>/{VALIDATION}.h5",
        calibration=f"<results>/calibration/seed-{SEEDS[0]}.json",
    output:
        "<results>/scan/{start}-{end}.csv",
    log:
        "<logs>/rate_scan/{start}-{end}.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="10m",
    params:
        **{key: config["scan"][key] for key in ("lowest", "most")},
        code=code_of("rate_scan"),
        tables=resources.digest("events.tsv"),
    message:
        "Candidates from GPS {wildcards.start} to {wildcards.end}"
    script:
        "../scripts/rate_scan.py"


# Its script is that of a single moment, so that candidates are explained by the same rules.
rule explain_scan:
    input:
        unpack(strain_of_scan),
        candidates=rules.rate_scan.output[0],
        weights=WEIGHTS,
        history=f"<models>/seed-{SEEDS[0]}/history.csv",
        dataset=f"<datasets>/{VALIDATION}.h5",
    output:
        directory("<results>/scan/{start}-{end}/answers"),
    log:
        "<logs>/explain_scan/{start}-{end}.log",
    conda:
        "../../envs/moment.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        code=code_of("classify_moment"),
        tables=resources.digest("events.tsv"),
        moment=moments.settings_of(config),
        classifier=classifier_settings(),
        saliency=saliency_settings(),
        run=config["run"],
        pages=config["scan"]["pages"],
    message:
        "The loudest candidates from GPS {wildcards.start} to {wildcards.end}, explained"
    script:
        "../scripts/classify_moment.py"


rule plot_scan:
    input:
        unpack(rating_of_scan),
        parts=parts_of_scan,
        candidates=rules.rate_scan.output[0],
        answers=rules.explain_scan.output[0],
        dataset=f"<datasets>/{VALIDATION}.h5",
    output:
        html="<results>/scan/{start}-{end}.html",
        png="<results>/scan/{start}-{end}.png",
        pages=directory("<results>/scan/{start}-{end}/pages"),
    log:
        "<logs>/plot_scan/{start}-{end}.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="30m",
    params:
        **scan_words(),
    message:
        "Pages of the scan from GPS {wildcards.start} to {wildcards.end}"
    script:
        "../scripts/plot_scan.py"


rule scan:
    input:
        scans_of_config,
