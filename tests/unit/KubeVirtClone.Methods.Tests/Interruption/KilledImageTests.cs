using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Methods.Tests.Interruption;

/// <summary>
/// Making a golden image of a running machine, killed at each of its mutating requests: stop, snapshot, mark, and where that is asked, remove the source.
/// The same command again completes it: one ready image, no other snapshot, and the source gone or stopped as if nothing had happened.
/// </summary>
public sealed class KilledImageTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_at_any_request_the_same_command_completes_the_image(bool removeSource)
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        for (var request = 1; ; request++)
        {
            var killed = false;
            foreach (var done in new[] { false, true })
            {
                var source = $"src-{request}{(done ? "b" : "a")}";
                await sandbox.MakeMachineAsync(source);
                string[] command = ["image", "new", source, "img-" + source, "--stop-source", "--timeout", "60s", "-o", "name", .. removeSource ? ["--remove-source"] : Array.Empty<string>()];
                killed = await sandbox.RunAndKillAsync(new(request, done), command);
                if (!killed)
                    break;
                if (!removeSource && sandbox.List("VirtualMachineSnapshot").Any(s => s.Label("kubevirtclone.io/image") == "img-" + source))
                    continue;
                (await sandbox.RunAsync(command)).ShouldEndWith(0);

                var snapshot = sandbox.List("VirtualMachineSnapshot").Where(s => s.TextAt("spec", "source", "name") == source).ShouldHaveSingleItem();
                snapshot.Label("kubevirtclone.io/image").ShouldBe("img-" + source, $"killed at {request}, carried out: {done}");
                snapshot.Label("kubevirtclone.io/image-version").ShouldBe("1");
                snapshot.FlagAt("status", "readyToUse").ShouldBe(true);
                var machine = sandbox.List("VirtualMachine").FirstOrDefault(m => m.Name() == source);
                if (removeSource)
                    machine.ShouldBeNull();
                else
                    machine.TextAt("spec", "runStrategy").ShouldBe("Halted");
            }

            if (!killed)
            {
                request.ShouldBeGreaterThan(removeSource ? 4 : 3);
                return;
            }
        }
    }
}
