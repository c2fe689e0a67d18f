include: "workflow/Snakefile"


# An include never sets the default target, so it is named here again.
rule everything:
    default_target: True
    input:
        rules.all.input,
