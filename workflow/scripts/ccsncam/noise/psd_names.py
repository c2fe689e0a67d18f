"""Names of the PSDs of simulated noise, for checks that must not wait for PyCBC to be imported."""

# What ``pycbc.psd.get_psd_model_list()`` gives, without detectors in space and the flat one, whose
# noise has nothing to do with ours; tests/unit/test_psd_names.py compares the two.
ANALYTICAL = frozenset(
    """
    AdVBNSOptimizedSensitivityP1200087 AdVDesignSensitivityP1200087
    AdVEarlyHighSensitivityP1200087 AdVEarlyLowSensitivityP1200087
    AdVLateHighSensitivityP1200087 AdVLateLowSensitivityP1200087 AdVMidHighSensitivityP1200087
    AdVMidLowSensitivityP1200087 AdVO3LowT1800545 AdVO4IntermediateT1800545 AdVO4T1800545
    AdvVirgo CosmicExplorerP1600143 CosmicExplorerPessimisticP1600143
    CosmicExplorerWidebandP1600143 EinsteinTelescopeP1600143 GEO GEOHF KAGRA
    KAGRA128MpcT1800545 KAGRA25MpcT1800545 KAGRA80MpcT1800545 KAGRADesignSensitivityT1600593
    KAGRAEarlySensitivityT1600593 KAGRALateSensitivityT1600593 KAGRAMidSensitivityT1600593
    KAGRAOpeningSensitivityT1600593 TAMA Virgo aLIGO140MpcT1800545 aLIGO175MpcT1800545
    aLIGOAPlusDesignSensitivityT1800042 aLIGOAdVO3LowT1800545 aLIGOAdVO4IntermediateT1800545
    aLIGOAdVO4T1800545 aLIGOBHBH20Deg aLIGOBHBH20DegGWINC aLIGOBNSOptimizedSensitivityP1200087
    aLIGODesignSensitivityP1200087 aLIGODesignSensitivityT1800044
    aLIGOEarlyHighSensitivityP1200087 aLIGOEarlyLowSensitivityP1200087 aLIGOHighFrequency
    aLIGOHighFrequencyGWINC aLIGOKAGRA128MpcT1800545 aLIGOKAGRA25MpcT1800545
    aLIGOKAGRA80MpcT1800545 aLIGOLateHighSensitivityP1200087 aLIGOLateLowSensitivityP1200087
    aLIGOMidHighSensitivityP1200087 aLIGOMidLowSensitivityP1200087 aLIGONSNSOpt
    aLIGONSNSOptGWINC aLIGONoSRMHighPower aLIGONoSRMLowPower aLIGONoSRMLowPowerGWINC
    aLIGOO3LowT1800545 aLIGOQuantumBHBH20Deg aLIGOQuantumHighFrequency aLIGOQuantumNSNSOpt
    aLIGOQuantumNoSRMHighPower aLIGOQuantumNoSRMLowPower aLIGOQuantumZeroDetHighPower
    aLIGOQuantumZeroDetLowPower aLIGOThermal aLIGOZeroDetHighPower aLIGOZeroDetHighPowerGWINC
    aLIGOZeroDetLowPower aLIGOZeroDetLowPowerGWINC aLIGOaLIGO140MpcT1800545
    aLIGOaLIGO175MpcT1800545 aLIGOaLIGODesignSensitivityT1800044 aLIGOaLIGOO3LowT1800545
    eLIGOModel eLIGOShot iLIGOModel iLIGOSRD iLIGOSeismic iLIGOShot iLIGOThermal
    """.split()  # noqa: SIM905
)
