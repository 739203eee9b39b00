using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

/// <summary>What is seen of machines that run, and of those that cannot.</summary>
public sealed class RunningMachineTests
{
    private static readonly RequestInfo Admin = new("admin", ["system:masters"]);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static string Machine(string domain, string volumes = "", string spec = "", string more = "") => $$"""
        apiVersion: kubevirt.io/v1
        kind: VirtualMachine
        metadata: {name: m}
        spec:
          runStrategy: Always
          {{more}}
          template:
            spec:
              {{spec}}
              domain: {{domain}}
              networks: [{name: default, pod: { } }]
              volumes: [{name: root, containerDisk: {image: quay.io/containerdisks/fedora:latest} }{{volumes}}]
        """;

    private const string Sized = "{cpu: {sockets: 2, maxSockets: 8}, memory: {guest: 2Gi, maxGuest: 8Gi}, devices: {interfaces: [{name: default, masquerade: {}}]}}";

    private static JsonObject? Instance(VirtualSandbox sandbox) => sandbox.Get("VirtualMachineInstance", "m");

    private static bool Runs(VirtualSandbox sandbox) => Instance(sandbox).TextAt("status", "phase") == "Running";

    private static void Patch(VirtualSandbox sandbox, string template) => sandbox.Api.Patch(
        sandbox.Type("VirtualMachine"), "default", "m", PatchType.Merge, JsonNode.Parse("""{"spec":{"template":{"spec":""" + template + "}}}")!, Admin);

    private static JsonObject? Condition(VirtualSandbox sandbox, string type) =>
        sandbox.Get("VirtualMachine", "m").ArrayAt("status", "conditions").Objects().FirstOrDefault(c => c.TextAt("type") == type);

    [Fact]
    public async Task An_instance_tells_when_it_entered_each_phase_where_it_is_and_its_address()
    {
        await using var sandbox = new VirtualSandbox();
        sandbox.Create(Machine(Sized));
        sandbox.RunUntil(() => Runs(sandbox), Soon).ShouldBeTrue();
        var status = Instance(sandbox).ObjectAt("status")!;
        var times = status.ArrayAt("phaseTransitionTimestamps").Objects().ToList();
        times.Select(t => t.TextAt("phase")).ShouldBe(["Pending", "Scheduling", "Scheduled", "Running"]);
        times.Select(t => t.TimeAt("phaseTransitionTimestamp")!.Value).ShouldBeInOrder();
        status.TextAt("nodeName").ShouldBe("sandbox-node-1");
        var nic = status.ArrayAt("interfaces").Objects().ShouldHaveSingleItem();
        nic.TextAt("name").ShouldBe("default");
        nic.TextAt("ipAddress").ShouldStartWith("10.244.");
        sandbox.Type("VirtualMachineInstance").Columns.Single(c => c.Name == "IP").Value(Instance(sandbox)!, default).AsText().ShouldBe(nic.TextAt("ipAddress"));
        nic.ArrayAt("ipAddresses").Texts().ShouldBe([nic.TextAt("ipAddress")!]);
        status.ObjectAt("memory")!.ToJsonString().ShouldBe("""{"guestAtBoot":"2Gi","guestCurrent":"2Gi","guestRequested":"2Gi"}""");
    }

    [Fact]
    public async Task No_two_instances_have_one_address()
    {
        await using var sandbox = new VirtualSandbox();
        for (var i = 0; i < 5; i++)
            sandbox.Create(Machine(Sized).Replace("name: m}", $"name: m{i}}}", StringComparison.Ordinal));
        sandbox.RunUntil(() => sandbox.List("VirtualMachineInstance").Count(v => v.TextAt("status", "phase") == "Running" && v.Name()[0] == 'm') == 5, Soon).ShouldBeTrue();
        var nics = sandbox.List("VirtualMachineInstance").Where(v => v.TextAt("status", "phase") == "Running").SelectMany(v => v.ArrayAt("status", "interfaces").Objects()).ToList();
        nics.Select(n => n.TextAt("ipAddress")).ShouldBeUnique();
        nics.Select(n => n.TextAt("mac")).ShouldBeUnique();
    }

    [Theory]
    [InlineData("volumes: [{name: root, containerDisk: {image: i}}, {name: s, secret: {secretName: gone}}]", "Secret")]
    [InlineData("volumes: [{name: root, containerDisk: {image: i}}, {name: s, configMap: {name: gone}}]", "ConfigMap")]
    [InlineData("volumes: [{name: root, containerDisk: {image: i}}, {name: s, cloudInitNoCloud: {secretRef: {name: gone}}}]", "Secret")]
    [InlineData("volumes: [{name: root, containerDisk: {image: i}}, {name: s, cloudInitConfigDrive: {networkDataSecretRef: {name: gone}}}]", "Secret")]
    [InlineData("volumes: [{name: root, containerDisk: {image: i}}, {name: s, sysprep: {configMap: {name: gone}}}]", "ConfigMap")]
    [InlineData("volumes: [{name: root, containerDisk: {image: i}}], accessCredentials: [{sshPublicKey: {source: {secret: {secretName: gone}}, propagationMethod: {noCloud: {}}}}]", "Secret")]
    public async Task A_machine_starts_when_what_it_mounts_is_there_and_not_before(string spec, string kind)
    {
        await using var sandbox = new VirtualSandbox();
        sandbox.Create($"{{apiVersion: kubevirt.io/v1, kind: VirtualMachine, metadata: {{name: m}}, spec: {{runStrategy: Always, template: {{spec: {{domain: {{devices: {{}}}}, {spec}}}}}}}}}");
        sandbox.RunUntil(() => Runs(sandbox), TimeSpan.FromMinutes(10)).ShouldBeFalse();
        Instance(sandbox).TextAt("status", "phase").ShouldBe("Scheduling");
        sandbox.Get("VirtualMachine", "m").TextAt("status", "printableStatus").ShouldBe("Starting");
        sandbox.Create($"{{apiVersion: v1, kind: {kind}, metadata: {{name: gone}}}}");
        sandbox.RunUntil(() => Runs(sandbox), Soon).ShouldBeTrue();
    }

    [Fact]
    public async Task A_machine_starts_without_what_is_optional()
    {
        await using var sandbox = new VirtualSandbox();
        sandbox.Create(Machine(Sized, ", {name: s, secret: {secretName: gone, optional: true}}"));
        sandbox.RunUntil(() => Runs(sandbox), Soon).ShouldBeTrue();
    }

    [Fact]
    public async Task Sockets_and_memory_grow_while_the_machine_runs_and_a_clone_is_as_it_was_started()
    {
        await using var sandbox = new VirtualSandbox();
        sandbox.Create(Machine(Sized));
        sandbox.RunUntil(() => Runs(sandbox), Soon).ShouldBeTrue();
        Patch(sandbox, """{"domain":{"cpu":{"sockets":4},"memory":{"guest":"4Gi"}}}""");
        sandbox.RunUntil(() => Instance(sandbox).At("spec", "domain", "cpu", "sockets")!.ToString() == "4", Soon).ShouldBeTrue();
        Instance(sandbox).TextAt("spec", "domain", "memory", "guest").ShouldBe("4Gi");
        Instance(sandbox).TextAt("status", "memory", "guestAtBoot").ShouldBe("2Gi");
        Instance(sandbox).TextAt("status", "memory", "guestCurrent").ShouldBe("4Gi");
        Condition(sandbox, "RestartRequired").ShouldBeNull();
        sandbox.Clone("m", "copy");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachine", "copy") is not null, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        sandbox.Get("VirtualMachine", "copy").TextAt("spec", "template", "spec", "domain", "memory", "guest").ShouldBe("2Gi");
    }

    [Theory]
    [InlineData("""{"domain":{"cpu":{"sockets":1}}}""")]
    [InlineData("""{"domain":{"memory":{"guest":"1Gi"}}}""")]
    [InlineData("""{"domain":{"cpu":{"cores":2}}}""")]
    [InlineData("""{"hostname":"other"}""")]
    public async Task What_cannot_change_while_it_runs_waits_for_the_next_start(string template)
    {
        await using var sandbox = new VirtualSandbox();
        sandbox.Create(Machine(Sized));
        sandbox.RunUntil(() => Runs(sandbox), Soon).ShouldBeTrue();
        var (first, spec) = (Instance(sandbox)!.Uid(), Instance(sandbox)!["spec"]!.DeepClone());
        Patch(sandbox, template);
        sandbox.RunUntil(() => Condition(sandbox, "RestartRequired") is not null, Soon).ShouldBeTrue();
        Instance(sandbox)!["spec"].Same(spec).ShouldBeTrue();
        sandbox.Machines.Invoke("default", "m", "restart", null, Admin);
        sandbox.RunUntil(() => Condition(sandbox, "RestartRequired") is null && Runs(sandbox) && Instance(sandbox)!.Uid() != first, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        Instance(sandbox)!["spec"].Same(spec).ShouldBeFalse();
    }

    [Fact]
    public async Task An_instance_has_the_sizes_of_its_instancetype_as_it_was_when_it_started()
    {
        await using var sandbox = new VirtualSandbox();
        sandbox.Create("{apiVersion: instancetype.kubevirt.io/v1beta1, kind: VirtualMachineInstancetype, metadata: {name: t}, spec: {cpu: {guest: 4}, memory: {guest: 8Gi}}}");
        sandbox.Create("{apiVersion: instancetype.kubevirt.io/v1beta1, kind: VirtualMachinePreference, metadata: {name: p}, spec: {cpu: {preferredCPUTopology: spread}, devices: {preferredTPM: {persistent: true}}}}");
        sandbox.Create(Machine("{devices: {}}", more: "instancetype: {kind: VirtualMachineInstancetype, name: t}\n  preference: {kind: VirtualMachinePreference, name: p}"));
        sandbox.RunUntil(() => Runs(sandbox), Soon).ShouldBeTrue();
        var domain = Instance(sandbox).ObjectAt("spec", "domain")!;
        (domain.At("cpu", "sockets")!.ToString(), domain.At("cpu", "cores")!.ToString(), domain.TextAt("memory", "guest")).ShouldBe(("2", "2", "8Gi"));
        domain.FlagAt("devices", "tpm", "persistent").ShouldBe(true);
        sandbox.Get("VirtualMachine", "m").At("spec", "template", "spec", "domain", "cpu").ShouldBeNull();
    }

    [Theory]
    [InlineData("1Gi", "4Gi")]
    [InlineData("5Gi", "5Gi")]
    public async Task A_class_that_rounds_gives_every_volume_at_least_that_and_restores_ask_for_it(string asked, string given)
    {
        await using var sandbox = new VirtualSandbox();
        sandbox.Create($"{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: data}}, spec: {{accessModes: [ReadWriteOnce], storageClassName: rounds, resources: {{requests: {{storage: {asked}}}}}}}}}");
        sandbox.Create(Machine(Sized, ", {name: data, persistentVolumeClaim: {claimName: data}}"));
        sandbox.RunUntil(() => Runs(sandbox), Soon).ShouldBeTrue();
        sandbox.Get("PersistentVolumeClaim", "data").TextAt("status", "capacity", "storage").ShouldBe(given);
        sandbox.Clone("m", "copy");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachine", "copy") is not null, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        sandbox.List("PersistentVolumeClaim").Where(c => c.Name().StartsWith("restore-", StringComparison.Ordinal)).ShouldHaveSingleItem()
            .TextAt("spec", "resources", "requests", "storage").ShouldBe(given);
    }
}
