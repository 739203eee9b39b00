using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Interruption;

/// <summary>
/// Making a golden image of a running machine, killed at each of its mutating requests, in virtual time: stop, snapshot, mark, and where that is
/// asked, remove the source. The same command again completes it: one ready image, no other snapshot, and the source gone or stopped as if
/// nothing had happened.
/// </summary>
public sealed class KilledImageTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_at_any_request_the_same_command_completes_the_image(bool removeSource)
    {
        await using var lab = new Lab(nodes: true);
        for (var request = 1; ; request++)
        {
            var killed = false;
            foreach (var done in new[] { false, true })
            {
                var source = $"src-{request}{(done ? "b" : "a")}";
                MakeMachine(lab, source);
                killed = await lab.Virtual.RunAndKillAsync(() => RunAsync(lab, source, removeSource), new(request, done));
                if (!killed)
                    break;
                if (!removeSource && lab.List("VirtualMachineSnapshot").Any(s => s.Label("kubevirtclone.io/image") == "img-" + source))
                    continue;
                var when = $"killed at {request}, carried out: {done}";
                (await lab.DoAsync(() => RunAsync(lab, source, removeSource))).ShouldBeEmpty(when);

                var snapshot = lab.List("VirtualMachineSnapshot").Where(s => s.TextAt("spec", "source", "name") == source).ShouldHaveSingleItem(when);
                snapshot.Label("kubevirtclone.io/image").ShouldBe("img-" + source, when);
                snapshot.Label("kubevirtclone.io/image-version").ShouldBe("1", when);
                snapshot.FlagAt("status", "readyToUse").ShouldBe(true, when);
                var machine = lab.List("VirtualMachine").FirstOrDefault(m => m.Name() == source);
                if (removeSource)
                    machine.ShouldBeNull(when);
                else
                    machine.TextAt("spec", "runStrategy").ShouldBe("Halted", when);
            }

            if (!killed)
            {
                request.ShouldBeGreaterThan(removeSource ? 4 : 3);
                return;
            }
        }
    }

    private static void MakeMachine(Lab lab, string name)
    {
        lab.Post(DemoSeed.Claim(name, "fast", "1Gi"));
        lab.Settle();
        var machine = DemoSeed.Machine(name, "db", [DemoSeed.ClaimDisk("data", name)]);
        machine["spec"]!["runStrategy"] = "Always";
        lab.Post(machine);
        lab.Settle();
        lab.Get("VirtualMachine", name).TextAt("status", "printableStatus").ShouldBe("Running");
    }

    private static async Task<List<string>> RunAsync(Lab lab, string source, bool removeSource)
    {
        var faults = new List<string>();
        var request = new GoldenImageRequest
        {
            Namespace = "default",
            SourceName = source,
            Name = "img-" + source,
            StopSource = true,
            KeepStopped = true,
            RemoveSource = removeSource,
            Timeout = TimeSpan.FromMinutes(2),
        };
        await foreach (var update in new GoldenImageMaker(lab.Cluster).CreateAsync(request, default))
        {
            if (update.Fault is { } fault)
                faults.Add(fault.Message);
        }

        return faults;
    }
}
