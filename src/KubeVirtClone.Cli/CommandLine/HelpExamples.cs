namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Examples that help shows, by command. Every line of them is a command line that parses.</summary>
internal static class HelpExamples
{
    private static readonly Dictionary<string, (string Says, string Line)[]> All = new(StringComparer.Ordinal)
    {
        ["kubectl vmclone"] =
        [
            ("50 VMs of one, started when they are there", "kubectl vmclone new golden --count 50 --name-pattern 'web-{0:d3}' --start --wait"),
            ("A local KubeVirt API to try everything on", "kubectl vmclone sandbox --kubeconfig sandbox.yaml"),
        ],
        ["kubectl vmclone new"] =
        [
            ("One clone, and wait for its volumes", "kubectl vmclone new golden web-1 --wait --for bound"),
            ("100 clones that can be found again together", "kubectl vmclone new golden --count 100 --name-pattern 'web-{0:d3}' --batch lab7 --wait"),
            ("Each with a host name and a cloud-init Secret of its own", "kubectl vmclone new golden --count 3 --name-pattern 'web-{0}' --hostname '{2}' --cloud-init-secret 'ci-{0}'"),
            ("Of a golden image, its newest version", "kubectl vmclone new --golden-image ubuntu-24.04 node-1 node-2 --start"),
            ("A row of a CSV file for each", "kubectl vmclone new -f clones.csv --wait"),
            ("What would be sent, as YAML", "kubectl vmclone new golden web-1 --label tier=web --dry-run=client -o yaml"),
        ],
        ["kubectl vmclone get"] =
        [
            ("The clones of a batch", "kubectl vmclone get --batch lab7"),
            ("Everything about one", "kubectl vmclone get web-1 -o yaml"),
        ],
        ["kubectl vmclone wait"] =
        [
            ("Until the volumes of a batch are there", "kubectl vmclone wait --batch lab7 --for bound --timeout 10m"),
        ],
        ["kubectl vmclone remove"] =
        [
            ("What is done with; the VMs stay", "kubectl vmclone remove --completed -y"),
            ("A batch and its VMs", "kubectl vmclone remove --batch lab7 --include-target"),
            ("A batch and its VMs, but not their disks", "kubectl vmclone remove --batch lab7 --include-target --keep-volumes"),
            ("What would go", "kubectl vmclone remove --batch lab7 --include-target --dry-run=server"),
        ],
        ["kubectl vmclone test"] =
        [
            ("What would go wrong with 50 clones", "kubectl vmclone test golden --count 50 --name-pattern 'web-{0:d3}'"),
        ],
        ["kubectl vmclone debug"] =
        [
            ("Why the clones of a batch are stuck", "kubectl vmclone debug --batch lab7"),
        ],
        ["kubectl vmclone compare"] =
        [
            ("Is the clone what was asked for?", "kubectl vmclone compare web-1"),
        ],
        ["kubectl vmclone measure"] =
        [
            ("Where the time of a batch went", "kubectl vmclone measure --batch lab7"),
        ],
        ["kubectl vmclone report"] =
        [
            ("A page about a batch", "kubectl vmclone report lab7.html --batch lab7"),
        ],
        ["kubectl vmclone snapshot new"] =
        [
            ("One snapshot, ready to use", "kubectl vmclone snapshot new web-1 --name before-upgrade --wait"),
            ("One of every VM named so, given up after 10 minutes", "kubectl vmclone snapshot new 'web-*' --failure-deadline 10m --wait"),
        ],
        ["kubectl vmclone snapshot get"] =
        [
            ("All snapshots, with how they were taken", "kubectl vmclone snapshot get -o wide"),
        ],
        ["kubectl vmclone snapshot wait"] =
        [
            ("Until it is ready to use, or has failed", "kubectl vmclone snapshot wait before-upgrade --timeout 10m"),
        ],
        ["kubectl vmclone snapshot remove"] =
        [
            ("A snapshot that nothing needs any more", "kubectl vmclone snapshot remove before-upgrade"),
        ],
        ["kubectl vmclone image new"] =
        [
            ("A clean image of a VM that is not needed afterwards", "kubectl vmclone image new build01 ubuntu-24.04 --stop-source --remove-source"),
            ("A version with a name", "kubectl vmclone image new build02 ubuntu-24.04:2026-11 --description 'November patches'"),
        ],
        ["kubectl vmclone image get"] =
        [
            ("Every version of one image", "kubectl vmclone image get ubuntu-24.04"),
        ],
        ["kubectl vmclone image copy"] =
        [
            ("For two teams", "kubectl vmclone image copy ubuntu-24.04 team-b team-c"),
            ("Onto faster storage", "kubectl vmclone image copy ubuntu-24.04:2026-11 team-b --storage-class fast"),
        ],
        ["kubectl vmclone image remove"] =
        [
            ("All but the newest three versions of each", "kubectl vmclone image remove --all --keep-version 3 -y"),
            ("One version", "kubectl vmclone image remove ubuntu-24.04:1"),
        ],
        ["kubectl vmclone start"] =
        [
            ("The VMs that a batch made", "kubectl vmclone start --batch lab7 --wait"),
            ("One, paused before its first instruction", "kubectl vmclone start web-1 --paused"),
        ],
        ["kubectl vmclone stop"] =
        [
            ("By wildcard, with half a minute to shut down", "kubectl vmclone stop 'web-*' --grace-period 30s --wait"),
            ("Switched off", "kubectl vmclone stop web-1 --grace-period 0"),
        ],
    };

    /// <summary>Every example line there is.</summary>
    public static IEnumerable<string> Lines => All.Values.SelectMany(examples => examples).Select(example => example.Line);

    /// <summary>Writes the examples of a command; nothing where it has none.</summary>
    /// <param name="command">The command as users type it.</param>
    /// <param name="writer">Where help goes.</param>
    public static void Write(string command, TextWriter writer)
    {
        if (!All.TryGetValue(command, out var examples))
            return;
        writer.WriteLine("Examples:");
        foreach (var (says, line) in examples)
        {
            writer.WriteLine($"  # {says}");
            writer.WriteLine($"  {line}");
        }

        writer.WriteLine();
    }
}
