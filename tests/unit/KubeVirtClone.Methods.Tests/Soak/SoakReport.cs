namespace KubeVirtClone.Methods.Tests.Soak;

/// <summary>What a soak found. Each list names the batch.</summary>
internal sealed class SoakReport(int seed)
{
    /// <summary>Targets that are not there although the batch was done.</summary>
    public List<string> Lost { get; } = [];

    /// <summary>Machines nobody asked for, and targets with more than one record.</summary>
    public List<string> Twice { get; } = [];

    /// <summary>Objects that are there after the batch was removed, or are missing and were there before it.</summary>
    public List<string> Left { get; } = [];

    /// <summary>Runs that had to be abandoned.</summary>
    public List<string> Hung { get; } = [];

    /// <summary>Failures without a cause and a next step, failures when nothing was wrong any more, and exceptions that are no answer to a user.</summary>
    public List<string> Unexplained { get; } = [];

    public int Batches { get; set; }

    public int Clones { get; set; }

    public int Kills { get; set; }

    public int Runs { get; set; }

    public int Strikes { get; set; }

    /// <summary>Everything that must not be.</summary>
    public IEnumerable<string> Findings => [
        .. Lost.Select(f => "lost: " + f), .. Twice.Select(f => "twice: " + f), .. Left.Select(f => "left: " + f),
        .. Hung.Select(f => "hung: " + f), .. Unexplained.Select(f => "unexplained: " + f)];

    public override string ToString() =>
        $"seed {seed}: {Batches} batches of {Clones} clones in {Runs} runs, {Kills} of them killed, {Strikes} faults struck: "
        + $"{Lost.Count} lost, {Twice.Count} twice, {Left.Count} left, {Hung.Count} hung, {Unexplained.Count} unexplained";
}
