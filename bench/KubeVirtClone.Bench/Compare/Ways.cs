using System.Diagnostics;
using System.Globalization;
using System.Text;
using KubeVirtClone.Engine.Model.Requests;

namespace KubeVirtClone.Bench.Compare;

/// <summary>One way to make machines.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="RunAsync">Makes so many by a batch's name, and comes back when they are there.</param>
internal sealed record Way(string Name, Func<string, int, Task<Run>> RunAsync)
{
    /// <summary>More than that are not made: the time of those is taken for as many as asked for.</summary>
    public int AtMost { get; init; } = int.MaxValue;
}

/// <summary>What a way took.</summary>
/// <param name="Time">From the first request until all machines were there.</param>
/// <param name="Megabytes">The most memory its process held; null where it has none of its own.</param>
internal sealed record Run(TimeSpan Time, long? Megabytes);

/// <summary>The ways that are compared, those left out whose programs are not there.</summary>
internal static class Ways
{
    private const int WaitAtMost = 100;
    private const int LoopAtMost = 20;

    public static IReadOnlyList<Way> All(Field field, Programs programs, string folder)
    {
        List<Way> all =
        [
            new($"raw: the same bodies posted over {Field.Streams} streams{(field.HasDisk ? ", the claims watched" : "")}", async (batch, count) => new(await field.PostRawAsync(batch, count), null)),
            Own("the engine, Direct, of a snapshot that is there", CloneMethodChoice.Direct, ofSnapshot: true),
            .. field.HasDisk ? [] : new[] { CloneMethodChoice.Direct, CloneMethodChoice.Restore, CloneMethodChoice.Clone }.Select(method => Own($"the engine, {method}", method, ofSnapshot: false)),
        ];
        var until = field.HasDisk ? "bound" : "succeeded";
        if (Programs.Cli is { } cli)
        {
            all.Add(new($"`kubectl vmclone new --method direct --wait{(field.HasDisk ? " --for bound" : "")}`", async (batch, count) =>
            {
                var ran = await programs.RunAsync(
                    cli, "new", field.CommandSource, "--count", Text(count), "--name-pattern", batch + "-{0}", "--batch", batch, "--method", "direct", "--wait", "--for", until, "-n", field.Namespace, "-o", "name");
                return new(ran.Time, ran.Megabytes);
            }));
        }

        if (Programs.Module is { } module)
        {
            all.Add(new($"`New-VMClone -Method Direct -Wait{(field.HasDisk ? " -For Bound" : "")}`, its session being there", async (batch, count) =>
            {
                var (_, numbers) = await programs.PowerShellAsync(
                    $"Import-Module '{module}'; $t = Measure-Command {{ $r = New-VMClone {field.ModuleSource} -Count {count} -NamePattern '{batch}-{{0}}' -Batch {batch} -Method Direct -Wait -For {until} -Namespace {field.Namespace} }}; "
                    + $"if (@($r).Count -ne {count}) {{ throw 'not all' }}; '{{0}} {{1}}' -f $t.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture), [Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64");
                return new(TimeSpan.FromMilliseconds(numbers[0]), (long)numbers[1] >> 20);
            }));
        }

        if (!field.HasDisk && Programs.Kubectl is { } kubectl) all.AddRange(OfKubectl(field, programs, folder, kubectl));
        return all;

        Way Own(string name, CloneMethodChoice method, bool ofSnapshot) => new(name, async (batch, count) => new(await field.CloneAsync(batch, count, method, ofSnapshot), null));
    }

    private static IEnumerable<Way> OfKubectl(Field field, Programs programs, string folder, string kubectl)
    {
        yield return new("`kubectl create -f` of one file, the machines themselves", async (batch, count) =>
        {
            var file = Written(folder, Enumerable.Range(1, count).Select(number => field.MachineBody(batch, number)));
            return Of(await programs.RunAsync(kubectl, "create", "-f", file, "-o", "name"));
        });
        // kubectl waits for one after the other: for thousands it takes minutes, by the piece as long as for a hundred.
        yield return new("`kubectl create -f` of one file, VirtualMachineClones, and `kubectl wait`", async (batch, count) =>
        {
            var file = Written(folder, Enumerable.Range(1, count).Select(number => field.CloneBody(batch, number)));
            var time = Stopwatch.StartNew();
            var made = await programs.RunAsync(kubectl, "create", "-f", file, "-o", "name");
            var waited = await programs.RunAsync(kubectl, WaitFor(field, "-l", Field.BatchLabel + "=" + batch));
            return new(time.Elapsed, Math.Max(made.Megabytes, waited.Megabytes));
        })
        {
            AtMost = WaitAtMost,
        };
        yield return new("a loop of `kubectl create` and `kubectl wait`", async (batch, count) =>
        {
            var time = Stopwatch.StartNew();
            var most = 0L;
            for (var number = 1; number <= count; number++)
            {
                var file = Written(folder, [field.CloneBody(batch, number)]);
                var made = await programs.RunAsync(kubectl, "create", "-f", file, "-o", "name");
                var waited = await programs.RunAsync(kubectl, WaitFor(field, $"{batch}-{number}"));
                most = Math.Max(most, Math.Max(made.Megabytes, waited.Megabytes));
            }

            return new(time.Elapsed, most);
        })
        {
            AtMost = LoopAtMost,
        };
    }

    private static Run Of(Ran ran) => new(ran.Time, ran.Megabytes);

    private static string[] WaitFor(Field field, params string[] what) =>
        ["wait", "virtualmachineclones.clone.kubevirt.io", .. what, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=600s", "-n", field.Namespace, "-o", "name"];

    private static string Written(string folder, IEnumerable<string> bodies)
    {
        var file = Path.Combine(folder, "created.json");
        File.WriteAllText(file, new StringBuilder("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[").AppendJoin(',', bodies).Append("]}").ToString());
        return file;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
