using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Controllers;

namespace KubeVirtClone.Sandbox.Tests.KubeVirt;

/// <summary>Machines that a server takes, and those it refuses, with its words.</summary>
public sealed class MachineRulesTests
{
    private static string Machine(string domain = "{}", string more = "", string disks = "", string spec = "")
    {
        var fields = domain[1..^1] is { Length: > 0 } given ? given + ", " : "";
        return $$"""
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata: {name: m}
            spec:
              runStrategy: Halted
              {{more}}
              template:
                spec:
                  {{spec}}
                  domain: { {{fields}}devices: {disks: [{name: root, disk: {bus: virtio} }{{disks}}] } }
                  volumes: [{name: root, containerDisk: {image: quay.io/containerdisks/fedora:latest} }]
            """;
    }

    private static async Task<string?> RefusalAsync(string machine, string profile = "1.9", params string[] before)
    {
        await using var sandbox = new VirtualSandbox(profile: profile);
        foreach (var yaml in before)
            sandbox.Create(yaml);
        try
        {
            sandbox.Create(machine);
            return null;
        }
        catch (ApiException e)
        {
            e.Code.ShouldBe(422);
            return e.Message["admission webhook \"virtualmachine-validator.kubevirt.io\" denied the request: ".Length..];
        }
    }

    private static string Preference(string spec) => "{apiVersion: instancetype.kubevirt.io/v1beta1, kind: VirtualMachinePreference, metadata: {name: p}, spec: " + spec + "}";

    private const string Medium = """{apiVersion: instancetype.kubevirt.io/v1beta1, kind: VirtualMachineInstancetype, metadata: {name: medium}, spec: {cpu: {guest: 2}, memory: {guest: 4Gi}}}""";
    private const string Typed = "instancetype: {kind: VirtualMachineInstancetype, name: medium}";
    private const string Preferred = "preference: {kind: VirtualMachinePreference, name: p}";
    private const string NoManagement = "spec.template.spec.domain has EFI SecureBoot enabled. SecureBoot requires SMM, which is currently disabled.";

    [Theory]
    [InlineData("{firmware: {bootloader: {efi: {}}}}", NoManagement)]
    [InlineData("{firmware: {bootloader: {efi: {secureBoot: true}}}}", NoManagement)]
    [InlineData("{firmware: {bootloader: {efi: {}}}, features: {smm: {enabled: false}}}", NoManagement)]
    [InlineData("{firmware: {bootloader: {efi: {}}}, features: {smm: {}}}", null)]
    [InlineData("{firmware: {bootloader: {efi: {secureBoot: false}}}}", null)]
    [InlineData("{firmware: {bootloader: {bios: {}}}}", null)]
    [InlineData("{memory: {guest: 3Gi, maxGuest: 2Gi}}", "Guest memory is greater than the configured maxGuest memory")]
    [InlineData("{memory: {guest: 1025Mi, maxGuest: 2Gi}}", "Guest memory must be 2Mi aligned")]
    [InlineData("{memory: {guest: 1Gi, maxGuest: 2Gi}}", null)]
    [InlineData("{memory: {guest: 512Mi, maxGuest: 2Gi}}", "Memory hotplug is only available for VMs with at least 1Gi of guest memory")]
    [InlineData("{cpu: {sockets: 4, maxSockets: 2}}", "Number of sockets in CPU topology is greater than the maximum sockets allowed")]
    [InlineData("{cpu: {sockets: 2, maxSockets: 2}}", null)]
    public async Task Firmware_and_sizes_must_fit_together(string domain, string? refusal) => (await RefusalAsync(Machine(domain))).ShouldBe(refusal);

    [Theory]
    [InlineData("{firmware: {preferredEfi: {secureBoot: true}}}", NoManagement)]
    [InlineData("{firmware: {preferredEfi: {secureBoot: true}}, features: {preferredSmm: {enabled: true}}}", null)]
    [InlineData("{firmware: {preferredEfi: {persistent: true, secureBoot: false}}, devices: {preferredTPM: {persistent: true}}}", null)]
    [InlineData("{firmware: {preferredUseEfi: true, preferredUseSecureBoot: true}}", NoManagement)]
    public async Task What_a_preference_asks_for_is_judged_as_if_the_machine_asked(string preference, string? refusal) =>
        (await RefusalAsync(Machine(more: Preferred), before: Preference(preference))).ShouldBe(refusal);

    [Fact]
    public async Task What_the_machine_says_itself_beats_its_preference() =>
        (await RefusalAsync(Machine("{firmware: {bootloader: {bios: {}}}}", Preferred), before: Preference("{firmware: {preferredEfi: {}}}"))).ShouldBeNull();

    [Theory]
    [InlineData("{cpu: {cores: 2}}", "cpu.cores")]
    [InlineData("{cpu: {sockets: 1, threads: 1}}", "cpu.sockets", "cpu.threads")]
    [InlineData("{memory: {guest: 1Gi}}", "memory.guest")]
    [InlineData("{resources: {requests: {cpu: 1}, limits: {memory: 1Gi}}}", "resources.requests.cpu", "resources.limits.memory")]
    public async Task Sizes_beside_an_instancetype_are_refused(string domain, params string[] fields) => (await RefusalAsync(Machine(domain, Typed), before: Medium))
        .ShouldBe(string.Join(", ", fields.Select(f => $"VM field(s) spec.template.spec.domain.{f} conflicts with selected instance type")));

    [Fact]
    public async Task A_machine_that_leaves_its_sizes_to_the_instancetype_is_taken() => (await RefusalAsync(Machine("{cpu: {model: host-model}}", Typed), before: Medium)).ShouldBeNull();

    [Theory]
    [InlineData("amd64", "q35", null)]
    [InlineData("amd64", "pc-q35-rhel9.2.0", null)]
    [InlineData("arm64", "virt", null)]
    [InlineData("arm64", "virt-rhel9.2.0", null)]
    [InlineData("s390x", "s390-ccw-virtio", null)]
    [InlineData("amd64", "virt", "q35* pc-q35*")]
    [InlineData("arm64", "q35", "virt*")]
    [InlineData("s390x", "q35", "s390-ccw-virtio*")]
    public async Task Machine_types_go_by_architecture(string architecture, string type, string? allowed) =>
        (await RefusalAsync(Machine($"{{machine: {{type: {type}}}}}", spec: "architecture: " + architecture)))
            .ShouldBe(allowed is null ? null : $"spec.template.spec.domain.machine.type is not supported: {type} (allowed values: [{allowed}])");

    [Theory]
    [InlineData("arm64", "virt", "v3")]
    [InlineData("s390x", "s390-ccw-virtio", null)]
    [InlineData("amd64", "q35", "v3")]
    public async Task A_machine_without_a_type_gets_its_architectures(string architecture, string type, string? topology)
    {
        await using var sandbox = new VirtualSandbox();
        var made = sandbox.Create(Machine("{cpu: {cores: 1}}", spec: "architecture: " + architecture));
        made.TextAt("spec", "template", "spec", "domain", "machine", "type").ShouldBe(type);
        made.TextAt("spec", "template", "metadata", "annotations", "kubevirt.io/pci-topology-version").ShouldBe(topology);
    }

    [Fact]
    public async Task Only_a_cdrom_may_be_empty_and_only_in_releases_that_plug_disks_by_declaration()
    {
        const string cdrom = ", {name: cd, cdrom: {bus: sata}}";
        (await RefusalAsync(Machine("{cpu: {cores: 1}}", disks: cdrom))).ShouldBeNull();
        (await RefusalAsync(Machine("{cpu: {cores: 1}}", disks: cdrom), "1.5")).ShouldBe("spec.template.spec.domain.devices.disks[1].Name 'cd' not found.");
        (await RefusalAsync(Machine("{cpu: {cores: 1}}", disks: ", {name: other, disk: {bus: sata}}"))).ShouldBe("spec.template.spec.domain.devices.disks[1].Name 'other' not found.");
    }
}
