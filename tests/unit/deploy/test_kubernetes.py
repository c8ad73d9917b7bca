"""The Kubernetes files: both overlays as a cluster would get them, checked against its schemas."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gateway.pages import MAX_FORM_BYTES
from local import cluster, compose
from tests.fixtures.variables import ALL_KNOWN, settings_from

ROOT = Path(__file__).resolve().parents[3]
K8S = ROOT / "deploy" / "k8s"
VERSION = "1.34"
OVERLAYS = ("demo", "production")
LEAST_KUSTOMIZE = 5
Manifest = dict[str, Any]


@cache
def kubectl() -> str | None:
    """A kubectl whose kustomize knows components; Debian 12's own does not."""
    program = shutil.which("kubectl")
    if program is None:
        return None
    command = [program, "version", "--client", "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    version = json.loads(done.stdout or "{}").get("kustomizeVersion", "v0")
    return program if int(version.lstrip("v").partition(".")[0]) >= LEAST_KUSTOMIZE else None


@cache
def rendered(overlay: str) -> list[Manifest]:
    program = kubectl()
    if program is None:
        pytest.skip("no kubectl with kustomize 5 here: the overlays were not rendered")
    command = [program, "kustomize", str(K8S / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    return [m for m in rendered(overlay) if m["kind"] in kinds]


def pods(overlay: str) -> list[tuple[str, Manifest]]:
    """The pod templates of everything that runs, by name."""
    running = of_kind(overlay, "Deployment", "StatefulSet", "Job")
    return [(m["metadata"]["name"], m["spec"]["template"]) for m in running]


def ours(overlay: str) -> list[tuple[str, Manifest]]:
    return [
        (n, p) for n, p in pods(overlay) if component(p) in ("api", "worker", "migrate", "portal")
    ]


def component(manifest: Manifest) -> str:
    return str(manifest["metadata"]["labels"]["app.kubernetes.io/component"])


def container(pod: Manifest) -> Manifest:
    (only,) = pod["spec"]["containers"]
    return dict(only)


def selects(selector: Manifest, labels: Manifest) -> bool:
    wanted = selector.get("matchLabels", {}).items()
    expressions = selector.get("matchExpressions", [])
    assert all(e["operator"] == "In" for e in expressions)
    return all(labels.get(k) == v for k, v in wanted) and all(
        labels.get(e["key"]) in e["values"] for e in expressions
    )


def validate(manifest: Manifest) -> None:
    if not manifest["apiVersion"].startswith("monitoring.coreos.com/"):
        kubernetes_validate.validate(manifest, VERSION, strict=True)


@pytest.mark.parametrize(
    "file",
    [f for f in sorted(K8S.rglob("*.yaml")) if f.name != "kustomization.yaml"],
    ids=lambda path: str(path.relative_to(K8S)),
)
def test_a_file_holds_valid_resources(file: Path) -> None:
    for manifest in yaml.safe_load_all(file.read_text()):
        assert manifest["kind"] != "Secret"
        validate(manifest)


def test_every_file_belongs_to_a_kustomization() -> None:
    for folder in {file.parent for file in K8S.rglob("*.yaml")}:
        kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
        named = [*kustomization.get("resources", []), *kustomization.get("components", [])]
        assert all((folder / name).exists() for name in named)
        files = {file.name for file in folder.glob("*.yaml")} - {"kustomization.yaml"}
        assert files <= set(named)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_valid_and_holds_no_secret(overlay: str) -> None:
    for manifest in rendered(overlay):
        validate(manifest)
    assert not of_kind(overlay, "Secret")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_has_migration_api_and_worker(overlay: str) -> None:
    services = ("identity", "ticket", "notify", "analytics")
    modes = ("api", "worker", "migrate")
    expected = {f"{service}-service-{mode}" for service in services for mode in modes}
    assert {name for name, _ in ours(overlay)} == expected | {"gateway"}
    for name, pod in ours(overlay):
        if name != "gateway":
            assert container(pod)["args"] == [component(pod)]
            image = container(pod)["image"].removeprefix("tanggap/").partition(":")[0]
            assert name.startswith(image)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_keeps_to_the_restricted_profile(overlay: str) -> None:
    (namespace,) = of_kind(overlay, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, pod in pods(overlay):
        outer, inner = pod["spec"]["securityContext"], container(pod)["securityContext"]
        assert outer["runAsNonRoot"] and outer["runAsUser"] > 0, name
        assert outer["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert inner["allowPrivilegeEscalation"] is False, name
        assert inner["capabilities"] == {"drop": ["ALL"]}, name
        assert inner["readOnlyRootFilesystem"] or name == "kafka", name
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert pod["spec"]["enableServiceLinks"] is False, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_says_what_it_takes(overlay: str) -> None:
    for name, pod in pods(overlay):
        resources = container(pod)["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys(), name
        assert "memory" in resources["limits"], name


def test_the_ingress_lets_through_what_the_portal_answers_itself() -> None:
    ingress = yaml.safe_load((K8S / "components/ingress/ingress.yaml").read_text())
    size = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert int(size.removesuffix("m")) * 1_048_576 >= MAX_FORM_BYTES


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_ask_what_the_processes_answer(overlay: str) -> None:
    for name, pod in ours(overlay):
        if component(pod) == "migrate":
            continue
        one, ports = container(pod), {p["name"]: p for p in container(pod)["ports"]}
        probe_port = "ops" if name == "gateway" else "http"
        assert probe_port in ports
        paths = {
            "startupProbe": "/healthz",
            "livenessProbe": "/healthz",
            "readinessProbe": "/readyz",
        }
        for probe, path in paths.items():
            assert one[probe]["httpGet"] == {"path": path, "port": probe_port}, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_containers_listen_where_their_images_do(overlay: str) -> None:
    for name, pod in ours(overlay):
        if component(pod) == "migrate":
            continue
        image = container(pod)["image"].removeprefix("tanggap/").partition(":")[0]
        folder = "gateway" if image == "gateway" else f"services/{image}"
        (exposed,) = re.findall(r"^EXPOSE (.+)$", (ROOT / folder / "Dockerfile").read_text(), re.M)
        assert [str(p["containerPort"]) for p in container(pod)["ports"]] == exposed.split(), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_is_given_the_time_that_stopping_takes(overlay: str) -> None:
    (common,) = (
        m["data"] for m in of_kind(overlay, "ConfigMap") if "STOP_DELAY" in m.get("data", {})
    )
    drain = 20
    for name, pod in ours(overlay):
        if component(pod) != "migrate":
            grace = pod["spec"]["terminationGracePeriodSeconds"]
            assert grace > float(common["STOP_DELAY"]) + drain, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_process_gets_all_variables_that_it_needs_and_none_that_nobody_knows(
    overlay: str, tmp_path: Path
) -> None:
    values = {m["metadata"]["name"]: m["data"] for m in of_kind(overlay, "ConfigMap")}
    values |= made_by_hand(tmp_path)
    for name, pod in ours(overlay):
        image = container(pod)["image"].removeprefix("tanggap/").partition(":")[0]
        given: dict[str, str] = {}
        for source in container(pod)["envFrom"]:
            (reference,) = source.values()
            given |= values[reference["name"]]
        assert given.keys() <= ALL_KNOWN, name
        settings_from(image, in_image(image) | given)


def in_image(image: str) -> dict[str, str]:
    """What the image sets itself."""
    folder = "gateway" if image == "gateway" else f"services/{image}"
    text = (ROOT / folder / "Dockerfile").read_text()
    return dict(re.findall(r"^    ([A-Z_]+(?:HOST|PORT))=(\S+)", text, re.M))


def made_by_hand(tmp_path: Path) -> dict[str, dict[str, str]]:
    """The Secrets that `python -m local.cluster` makes, with the mail server that production adds."""
    shutil.copy(ROOT / ".env.example", tmp_path)
    compose.main(tmp_path)
    items = cluster.secrets(tmp_path)["items"]
    for item in items:
        validate(item)
    made = {i["metadata"]["name"]: i.get("stringData") or i["data"] for i in items}
    made["notify-service"]["NOTIFY_SMTP_URL"] = "smtp://user:password@mail.internal:587"
    return made


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_pods_mount_exists_or_is_made_with_the_secrets(overlay: str, tmp_path: Path) -> None:
    made = set(made_by_hand(tmp_path))
    made |= {m["metadata"]["name"] for m in of_kind(overlay, "ConfigMap")}
    for name, pod in pods(overlay):
        volumes = {v["name"]: v for v in pod["spec"].get("volumes", [])}
        for mount in container(pod)["volumeMounts"]:
            assert mount["name"] in volumes or mount["name"] == "data", name
        for volume in volumes.values():
            source = volume.get("configMap", {}).get("name") or volume.get("secret", {}).get(
                "secretName"
            )
            assert source is None or source in made, f"{name}: {source}"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_budgets_and_scalers_meet_what_they_name(overlay: str) -> None:
    deployments = {m["metadata"]["name"]: m for m in of_kind(overlay, "Deployment")}
    labels = [pod["metadata"]["labels"] for _, pod in pods(overlay)]
    for scaler in of_kind(overlay, "HorizontalPodAutoscaler"):
        target = deployments.pop(scaler["spec"]["scaleTargetRef"]["name"])
        assert "replicas" not in target["spec"]
    assert {component(m) for m in deployments.values()} <= {"server"}
    for budget in of_kind(overlay, "PodDisruptionBudget"):
        assert sum(selects(budget["spec"]["selector"], found) for found in labels) == 1


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_service_reaches_exactly_one_kind_of_pod(overlay: str) -> None:
    labels = [pod["metadata"]["labels"] for _, pod in pods(overlay)]
    for service in of_kind(overlay, "Service"):
        wanted = {"matchLabels": service["spec"]["selector"]}
        assert sum(selects(wanted, found) for found in labels) == 1, service["metadata"]["name"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_the_gateway_calls_services_and_only_the_ingress_calls_the_gateway(
    overlay: str,
) -> None:
    policies = of_kind(overlay, "NetworkPolicy")
    deny = next(p for p in policies if p["metadata"]["name"] == "nothing-by-default")
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(overlay)}
    for name, own in labels.items():
        callers = {
            caller
            for policy in policies
            if selects(policy["spec"]["podSelector"], own)
            for rule in policy["spec"].get("ingress", [])
            for source in rule["from"]
            for caller in callers_of(source, labels)
        }
        assert callers == expected_callers(
            overlay, component({"metadata": {"labels": own}}), labels
        ), name


def callers_of(source: Manifest, labels: dict[str, Manifest]) -> set[str]:
    if "namespaceSelector" in source:
        return {str(source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"])}
    return {name for name, own in labels.items() if selects(source["podSelector"], own)}


def expected_callers(overlay: str, kind: str, labels: dict[str, Manifest]) -> set[str]:
    monitoring = {"monitoring"} if overlay == "production" else set()
    match kind:
        case "api":
            return {"gateway"} | monitoring
        case "worker":
            return monitoring
        case "portal":
            return monitoring | ({"ingress-nginx"} if overlay == "production" else set())
        case "server":
            servers = {"postgres", "redis", "kafka", "mailbox"}
            return set(labels) - servers
        case _:
            return set()


def test_alarms_ask_for_metrics_that_exist() -> None:
    rules = (K8S / "components/monitoring/alarms.yaml").read_text()
    asked = set(re.findall(r"\b([a-z_]+)\{namespace", rules)) - {"up"}
    sources = [*(ROOT / "shared/src").rglob("*.py"), *(ROOT / "services").rglob("src/**/*.py")]
    text = "\n".join(path.read_text() for path in sources)
    for name in asked:
        base = re.sub(r"_(count|bucket|sum)$", "", name)
        assert f'"{base}"' in text, name


def test_alarms_point_to_sections_of_the_handbook() -> None:
    handbook = (ROOT / "docs" / "operations.md").read_text()
    rules = yaml.safe_load((K8S / "components/monitoring/alarms.yaml").read_text())
    for group in rules["spec"]["groups"]:
        for rule in group["rules"]:
            heading = rule["annotations"]["section"]
            assert re.search(rf"^##+ {re.escape(heading)}$", handbook, re.M), heading
