namespace KubeVirtClone.Cli.Commands;

/// <summary>Says what each disk of a copy is at: one line for each phase, and for each tenth of what is copied byte by byte.</summary>
internal sealed class CopySteps(CommandContext context)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Phase, int Tenth)> _said = new(StringComparer.Ordinal);

    public void Report(TransferProgress progress)
    {
        var now = (progress.Phase, (int)((progress.Percent ?? 0) / 10));
        lock (_lock)
        {
            var disk = $"{progress.Namespace}/{progress.DataVolume}";
            if (_said.TryGetValue(disk, out var before) && before == now)
                return;
            _said[disk] = now;
        }

        context.WriteLine(progress.ToString());
    }
}
