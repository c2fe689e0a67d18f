import pytest
from runner import TINY, Workflow


@pytest.fixture(scope="session")
def tiny(tmp_path_factory, root):
    """A finished run on two cores."""
    workflow = Workflow(tmp_path_factory.mktemp("tiny"), root, TINY)
    workflow.output = workflow.run()
    return workflow
