using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

/// <summary>The whole sandbox in real time.</summary>
public sealed class SandboxAtWorkTests
{
    private static readonly RequestInfo Admin = new("admin", ["system:masters"]);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static Task<Sandbox> StartAsync(bool pacing = true, int vms = 0, string profile = "1.9") =>
        Sandbox.StartAsync(new SandboxOptions { ClockFactor = 20, Pacing = pacing, VmCount = vms, Profile = profile }, TestContext.Current.CancellationToken);

    private static async Task<JsonObject> WhenAsync(Sandbox sandbox, string kind, string name, Func<JsonObject, bool> holds)
    {
        var reached = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        var type = sandbox.Api.Types.First(t => t.Kind == kind);
        using var subscription = sandbox.Api.Subscribe(e =>
        {
            if (e.Resource == type && e.Name == name && e.Type != StoreEventType.Deleted && holds(e.Object))
                reached.TrySetResult(e.Object);
        });
        if (sandbox.Api.Get(type, "default", name) is { } now && holds(now))
            reached.TrySetResult(now);
        return await reached.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private static void Clone(Sandbox sandbox, string source, string target) => sandbox.Api.Create(
        sandbox.Api.Type("clone.kubevirt.io", "virtualmachineclones"),
        "default",
        new JsonObject
        {
            ["apiVersion"] = sandbox.Api.Type("clone.kubevirt.io", "virtualmachineclones").StorageApiVersion,
            ["kind"] = "VirtualMachineClone",
            ["metadata"] = new JsonObject { ["name"] = "clone-" + target },
            ["spec"] = new JsonObject
            {
                ["source"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = source },
                ["target"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = target },
            },
        },
        Admin);

    private static bool IsBound(JsonObject clone) => clone.TextAt("status", "phase") == "Succeeded" && clone.TextAt("status", "restoreName") is null;

    [Theory]
    [InlineData("golden")]
    [InlineData("golden-pvc")]
    [InlineData("golden-dv")]
    [InlineData("web-01")]
    public async Task A_demo_VM_can_be_cloned(string source)
    {
        await using var sandbox = await StartAsync();
        Clone(sandbox, source, "copy");
        await WhenAsync(sandbox, "VirtualMachineClone", "clone-copy", IsBound);
        var copy = await WhenAsync(sandbox, "VirtualMachine", "copy", v => v.TextAt("status", "printableStatus") == "Stopped");
        copy.TextAt("spec", "runStrategy").ShouldBe("Halted");
    }

    [Theory]
    [InlineData("1.2", "snapshot.kubevirt.io/v1alpha1")]
    [InlineData("1.5", "snapshot.kubevirt.io/v1beta1")]
    public async Task Older_releases_clone_with_the_versions_they_store(string profile, string stored)
    {
        await using var sandbox = await StartAsync(profile: profile);
        Clone(sandbox, "golden-pvc", "copy");
        await WhenAsync(sandbox, "VirtualMachineSnapshot", "tmp-snapshot-" + await UidAsync(sandbox), s => s.TextAt("apiVersion") == stored);
        await WhenAsync(sandbox, "VirtualMachineClone", "clone-copy", IsBound);
        var copy = await WhenAsync(sandbox, "VirtualMachine", "copy", v => v.TextAt("status", "printableStatus") == "Stopped");
        copy.ObjectAt("spec", "template", "spec", "domain", "firmware").TextAt("uuid").ShouldBeNullOrEmpty();
    }

    private static async Task<string> UidAsync(Sandbox sandbox) => (await WhenAsync(sandbox, "VirtualMachineClone", "clone-copy", _ => true)).Uid();

    [Theory]
    [InlineData("nobody", "VM nobody does not exist in namespace default")]
    [InlineData("legacy-01", "Virtual Machine volume data does not support snapshots")]
    public async Task Release_1_2_checks_a_clones_source_at_once(string source, string why)
    {
        await using var sandbox = await StartAsync(profile: "1.2");
        var refused = Should.Throw<ApiException>(() => Clone(sandbox, source, "copy"));
        refused.Code.ShouldBe(422);
        refused.Message.ShouldContain(why);
    }

    [Fact]
    public async Task Two_demo_VMs_cannot_be_cloned_and_say_why()
    {
        await using var sandbox = await StartAsync();
        Clone(sandbox, "vault-01", "vault-copy");
        Clone(sandbox, "legacy-01", "legacy-copy");
        var vault = await WhenAsync(sandbox, "VirtualMachineClone", "clone-vault-copy", c => c.TextAt("status", "phase") == "Failed");
        vault.ArrayAt("status", "conditions").Objects().Last().TextAt("reason").ShouldBe("Clone of source with backendstorage is not supported: VM default/vault-01");
        var legacy = await WhenAsync(sandbox, "VirtualMachineClone", "clone-legacy-copy", c => c["status"] is not null);
        legacy.ArrayAt("status", "conditions").Objects().Last().TextAt("reason").ShouldBe("Virtual Machine volume data does not support snapshots");
    }

    [Fact]
    public async Task Many_clones_of_one_VM_all_get_their_turn_without_pacing()
    {
        // In virtual time: on a busy machine those at the end of the line would miss their snapshot's deadline.
        await using var sandbox = new VirtualSandbox(pacing: false);
        for (var i = 0; i < 100; i++)
            sandbox.Clone(i % 2 == 0 ? "golden" : "golden-pvc", $"copy-{i}");
        sandbox.RunUntil(() => sandbox.List("VirtualMachineClone").All(IsBound), TimeSpan.FromMinutes(1)).ShouldBeTrue();
        sandbox.List("VirtualMachineClone").Count.ShouldBe(100);
    }

    [Fact]
    public async Task A_late_binding_clone_is_bound_when_its_VM_is_started()
    {
        await using var sandbox = await StartAsync();
        Clone(sandbox, "golden-late", "late");
        var clone = await WhenAsync(sandbox, "VirtualMachineClone", "clone-late", c => c.TextAt("status", "phase") == "Succeeded");
        clone.TextAt("status", "restoreName").ShouldNotBeNull();
        new MachineSubresources(sandbox.Api).Invoke("default", "late", "start", null, Admin);
        await WhenAsync(sandbox, "VirtualMachineClone", "clone-late", IsBound);
        await WhenAsync(sandbox, "VirtualMachine", "late", v => v.TextAt("status", "printableStatus") == "Running");
    }

    [Fact]
    public async Task A_VM_is_started_restarted_and_stopped()
    {
        await using var sandbox = await StartAsync();
        var machines = new MachineSubresources(sandbox.Api);
        await WhenAsync(sandbox, "VirtualMachine", "web-02", v => v.TextAt("status", "printableStatus") == "Stopped");
        Should.Throw<ApiException>(() => machines.Invoke("default", "web-02", "stop", null, Admin)).Message
            .ShouldBe("Operation cannot be fulfilled on virtualmachine.kubevirt.io \"web-02\": VM is not running");
        machines.Invoke("default", "web-02", "start", null, Admin);
        await WhenAsync(sandbox, "VirtualMachine", "web-02", v => v.TextAt("status", "printableStatus") == "Running");
        Should.Throw<ApiException>(() => machines.Invoke("default", "web-02", "start", null, Admin)).Code.ShouldBe(409);
        var first = (await WhenAsync(sandbox, "VirtualMachineInstance", "web-02", _ => true)).Uid();
        machines.Invoke("default", "web-02", "restart", null, Admin);
        await WhenAsync(sandbox, "VirtualMachineInstance", "web-02", i => i.Uid() != first && i.TextAt("status", "phase") == "Running");
        await WhenAsync(sandbox, "VirtualMachine", "web-02", v => v.TextAt("status", "printableStatus") == "Running");
        machines.Invoke("default", "web-02", "stop", null, Admin);
        var stopped = await WhenAsync(sandbox, "VirtualMachine", "web-02", v => v.TextAt("status", "printableStatus") == "Stopped");
        stopped.TextAt("spec", "runStrategy").ShouldBe("Halted");
    }

    [Fact]
    public async Task A_VM_that_reruns_on_failure_stays_stopped_when_told_to_stop()
    {
        await using var sandbox = await StartAsync();
        var machines = new MachineSubresources(sandbox.Api);
        var type = sandbox.Api.Type("kubevirt.io", "virtualmachines");
        var machine = sandbox.Api.Get(type, "default", "web-02")!.DeepClone().AsObject();
        machine["spec"]!["runStrategy"] = "RerunOnFailure";
        sandbox.Api.Update(type, "default", "web-02", machine, Admin);
        await WhenAsync(sandbox, "VirtualMachine", "web-02", v => v.TextAt("status", "printableStatus") == "Running");
        machines.Invoke("default", "web-02", "stop", null, Admin);
        var stopped = await WhenAsync(
            sandbox, "VirtualMachine", "web-02", v => v.TextAt("status", "printableStatus") == "Stopped" && v.At("status", "stateChangeRequests") is null);
        stopped.TextAt("spec", "runStrategy").ShouldBe("RerunOnFailure");

        // Its controller has looked at it again since: the start request below is only taken for a VM that does not run.
        machines.Invoke("default", "web-02", "start", null, Admin);
        await WhenAsync(sandbox, "VirtualMachine", "web-02", v => v.TextAt("status", "printableStatus") == "Running");
    }
}
