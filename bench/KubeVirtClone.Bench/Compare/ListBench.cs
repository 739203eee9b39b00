using System.Globalization;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Bench.Compare;

/// <summary>Listing all machines of the server: raw, by Get-VM, and by kubectl's JSON as objects; what a session costs before, and a short command.</summary>
internal static class ListBench
{
    private const string Milliseconds = ".TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)";
    private const string Peak = "([Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64 / 1MB).ToString('F0', [cultureinfo]::InvariantCulture)";

    public static async Task RunAsync(Programs programs, IKubernetesClient client, int rounds)
    {
        List<double> raw = [];
        var measured = new List<(string Name, Func<Task<double[]>> Run, List<double[]> Seen)>();
        if (Programs.Module is { } module)
        {
            measured.Add(("`Get-VM -AllNamespaces`", () => ShellAsync(programs, $"Import-Module '{module}'; $null = Connect-KubeVirt", "Get-VM -AllNamespaces"), []));
        }

        if (Programs.Kubectl is { } kubectl)
        {
            measured.Add(("`kubectl get vm -A -o json \\| ConvertFrom-Json`", () => ShellAsync(programs, "", $"(& '{kubectl}' get virtualmachines.kubevirt.io -A -o json | ConvertFrom-Json).items"), []));
        }

        for (var round = 0; round < rounds; round++)
        {
            raw.Add((await ClientBench.RawListAsync(client.Configuration)).TotalMilliseconds);
            foreach (var each in measured) each.Seen.Add(await each.Run());
        }

        Console.WriteLine();
        Console.WriteLine("### Listing every VM of the server");
        Console.WriteLine();
        Console.WriteLine("| way | VMs | seconds | first object, seconds | MB at most |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| raw: all pages as bytes, unread | | {ClientBench.Median(raw) / 1000:F2} | | |"));
        foreach (var (name, _, seen) in measured)
        {
            double Of(int at) => ClientBench.Median(seen.Select(each => each[at]));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Of(1):F0} | {Of(0) / 1000:F2} | {Of(2) / 1000:F2} | {Of(3):F0} |"));
        }

        await ShortAsync(programs, rounds);
    }

    // First all of them, then the first alone, in one session: what the code costs when it is first run is in the first figure.
    private static async Task<double[]> ShellAsync(Programs programs, string before, string list)
    {
        var (_, numbers) = await programs.PowerShellAsync(
            $"{before}; $t = Measure-Command {{ $n = 0; {list} | ForEach-Object {{ $n++ }} }}; $f = Measure-Command {{ $null = {list} | Select-Object -First 1 }}; "
            + $"'{{0}} {{1}} {{2}} {{3}}' -f $t{Milliseconds}, $n, $f{Milliseconds}, {Peak}");
        return numbers;
    }

    private static async Task ShortAsync(Programs programs, int rounds)
    {
        if (Programs.Cli is not { } cli || Programs.Kubectl is not { } kubectl) return;
        List<double> own = [], theirs = [];
        for (var round = 0; round < rounds * 3; round++)
        {
            own.Add((await programs.RunAsync(cli, "get", "-n", "default")).Time.TotalMilliseconds);
            theirs.Add((await programs.RunAsync(kubectl, "get", "virtualmachineclones.clone.kubevirt.io", "-n", "default")).Time.TotalMilliseconds);
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"A short command: `kubectl-vmclone get` {ClientBench.Median(own):F0} ms, `kubectl get vmclone` {ClientBench.Median(theirs):F0} ms."));
        if (Programs.Module is { } module && ClientBench.ImportBeyondEmpty(module, Path.GetTempPath(), rounds) is { } import)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Importing the module takes {import:F0} ms beyond an empty one."));
    }
}
