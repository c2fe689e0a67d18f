rule fig1:
    input:
        waveforms=expand("<results>/waveforms/{model}.h5", model=SIGNALS),
        noise=expand("<results>/noise/train-{detector}.h5", detector=config["detectors"]),
    output:
        pdf=report(
            "<results>/figures/fig01.pdf",
            caption="../report/fig1.rst",
            category="Figures",
            labels={"figure": "1", "what": "spectra of the waveforms"},
        ),
        png="<results>/figures/fig01.png",
    log:
        "<logs>/fig1/fig1.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plots"),
        classes=config["classes"],
    message:
        "Figure 1: spectra of the waveforms"
    script:
        "../scripts/fig1.py"


rule fig2:
    input:
        examples="<results>/datasets/examples.h5",
    output:
        pdf=report(
            "<results>/figures/fig02.pdf",
            caption="../report/fig2.rst",
            category="Figures",
            labels={"figure": "2", "what": "whitened spectrograms of each class"},
        ),
        png="<results>/figures/fig02.png",
    log:
        "<logs>/fig2/fig2.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plots"),
    message:
        "Figure 2: whitened spectrograms of each class"
    script:
        "../scripts/fig2.py"


rule fig3:
    input:
        histories=expand("<results>/models/seed-{seed}/history.csv", seed=SEEDS),
        dataset=f"<results>/datasets/{VALIDATION}.h5",
    output:
        pdf=report(
            "<results>/figures/fig03.pdf",
            caption="../report/fig3.rst",
            category="Figures",
            labels={"figure": "3", "what": "loss curves"},
        ),
        png="<results>/figures/fig03.png",
    log:
        "<logs>/fig3/fig3.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plots"),
        seeds=SEEDS,
    message:
        "Figure 3: loss curves"
    script:
        "../scripts/fig3.py"


rule fig4:
    input:
        tpr="<results>/tables/tpr.csv",
    output:
        pdf=report(
            "<results>/figures/fig04.pdf",
            caption="../report/fig4.rst",
            category="Figures",
            labels={"figure": "4", "what": "true positive rate against distance"},
        ),
        png="<results>/figures/fig04.png",
    log:
        "<logs>/fig4/fig4.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plots"),
        classes=config["classes"],
    message:
        "Figure 4: true positive rate against distance"
    script:
        "../scripts/fig4.py"


rule fig5:
    input:
        confusion="<results>/tables/confusion.csv",
        datasets=expand("<results>/datasets/test-{distance}kpc.h5", distance=SHOWN),
    output:
        pdf=report(
            "<results>/figures/fig05.pdf",
            caption="../report/fig5.rst",
            category="Figures",
            labels={"figure": "5", "what": "confusion matrices and network SNR"},
        ),
        png="<results>/figures/fig05.png",
    log:
        "<logs>/fig5/fig5.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plots"),
        classes=config["classes"],
        distances=config["figures"]["distances"],
    message:
        "Figure 5: confusion matrices and network SNR"
    script:
        "../scripts/fig5.py"
