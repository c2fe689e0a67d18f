rule fig1:
    input:
        waveforms=expand("<results>/waveforms/{model}.h5", model=MODELS),
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
    benchmark:
        "<benchmarks>/fig1/fig1.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig1"),
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
    benchmark:
        "<benchmarks>/fig2/fig2.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig2"),
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
    benchmark:
        "<benchmarks>/fig3/fig3.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig3"),
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
    benchmark:
        "<benchmarks>/fig4/fig4.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig4"),
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
    benchmark:
        "<benchmarks>/fig5/fig5.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig5"),
        classes=config["classes"],
        distances=config["figures"]["distances"],
    message:
        "Figure 5: confusion matrices and network SNR"
    script:
        "../scripts/fig5.py"


rule fig6:
    input:
        points=f"<results>/embedding/seed-{SEEDS[0]}/{EXPLAINED}.h5",
        table=f"<results>/embedding/seed-{SEEDS[0]}/{EXPLAINED}.csv",
    output:
        pdf=report(
            "<results>/figures/fig06.pdf",
            caption="../report/fig6.rst",
            category="Figures",
            labels={"figure": "6", "what": "features of a test set in two dimensions"},
        ),
        png="<results>/figures/fig06.png",
    log:
        "<logs>/fig6/fig6.log",
    benchmark:
        "<benchmarks>/fig6/fig6.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig6"),
        classes=config["classes"],
    message:
        "Figure 6: features of a test set in two dimensions"
    script:
        "../scripts/fig6.py"


rule fig7:
    input:
        examples=f"<results>/saliency/seed-{SEEDS[0]}/examples.h5",
    output:
        pdf=report(
            "<results>/figures/fig07.pdf",
            caption="../report/fig7.rst",
            category="Figures",
            labels={"figure": "7", "what": "three CAMs of one sample"},
        ),
        png="<results>/figures/fig07.png",
    log:
        "<logs>/fig7/fig7.log",
    benchmark:
        "<benchmarks>/fig7/fig7.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig7"),
    message:
        "Figure 7: three CAMs of one sample"
    script:
        "../scripts/fig7.py"


rule fig8:
    input:
        examples=f"<results>/saliency/seed-{SEEDS[0]}/examples.h5",
    output:
        pdf=report(
            "<results>/figures/fig08.pdf",
            caption="../report/fig8.rst",
            category="Figures",
            labels={"figure": "8", "what": "Score-CAM of each class"},
        ),
        png="<results>/figures/fig08.png",
    log:
        "<logs>/fig8/fig8.log",
    benchmark:
        "<benchmarks>/fig8/fig8.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig8"),
    message:
        "Figure 8: Score-CAM of each class"
    script:
        "../scripts/fig8.py"


rule fig9:
    input:
        examples=f"<results>/saliency/seed-{SEEDS[0]}/examples.h5",
    output:
        pdf=report(
            "<results>/figures/fig09.pdf",
            caption="../report/fig9.rst",
            category="Figures",
            labels={"figure": "9", "what": "misclassified, with a glitch"},
        ),
        png="<results>/figures/fig09.png",
    log:
        "<logs>/fig9/fig9.log",
    benchmark:
        "<benchmarks>/fig9/fig9.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig9"),
    message:
        "Figure 9: misclassified, with a glitch"
    script:
        "../scripts/fig9.py"


rule fig10:
    input:
        examples=f"<results>/saliency/seed-{SEEDS[0]}/examples.h5",
    output:
        pdf=report(
            "<results>/figures/fig10.pdf",
            caption="../report/fig10.rst",
            category="Figures",
            labels={"figure": "10", "what": "misclassified, without a glitch"},
        ),
        png="<results>/figures/fig10.png",
    log:
        "<logs>/fig10/fig10.log",
    benchmark:
        "<benchmarks>/fig10/fig10.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig10"),
    message:
        "Figure 10: misclassified, without a glitch"
    script:
        "../scripts/fig10.py"


rule fig11:
    input:
        **{name: f"<results>/tables/{name}.csv" for name in ("attribution", "removal", "agreement")},
    output:
        pdf=report(
            "<results>/figures/fig11.pdf",
            caption="../report/fig11.rst",
            category="Figures",
            labels={"figure": "11", "what": "how much each class relies on each mode"},
        ),
        png="<results>/figures/fig11.png",
    log:
        "<logs>/fig11/fig11.log",
    benchmark:
        "<benchmarks>/fig11/fig11.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig11"),
        classes=config["classes"],
        distance=config["saliency"]["distances"][0],
    message:
        "Figure 11: how much each class relies on each mode"
    script:
        "../scripts/fig11.py"


rule fig12:
    input:
        curves="<results>/tables/curves.csv",
        randomisation="<results>/tables/randomisation.csv",
    output:
        pdf=report(
            "<results>/figures/fig12.pdf",
            caption="../report/fig12.rst",
            category="Figures",
            labels={"figure": "12", "what": "insertion, deletion and randomisation"},
        ),
        png="<results>/figures/fig12.png",
    log:
        "<logs>/fig12/fig12.log",
    benchmark:
        "<benchmarks>/fig12/fig12.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("fig12"),
        title=f"signals at {config['saliency']['distance']:g} kpc",
    message:
        "Figure 12: insertion, deletion and randomisation"
    script:
        "../scripts/fig12.py"


rule segments:
    input:
        "<results>/tables/segments.csv",
    output:
        pdf=report(
            "<results>/figures/segments.pdf",
            caption="../report/segments.rst",
            category="Figures",
            labels={"figure": "segments", "what": "what is kept of the GPS ranges"},
        ),
        png="<results>/figures/segments.png",
    log:
        "<logs>/segments/segments.log",
    benchmark:
        "<benchmarks>/segments/segments.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("segments"),
        ranges=config["noise"]["ranges"],
        detectors=config["detectors"],
    message:
        "Figure of what is kept and lost of the GPS ranges"
    script:
        "../scripts/segments.py"
