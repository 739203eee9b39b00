namespace KubeVirtClone.Engine.Model.Records;

/// <summary>The clone that made a machine, where a clone stands for its machine: another machine of that name is not meant.</summary>
/// <param name="Name">Name of the clone object.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Created">When it was made; null when that is not known.</param>
/// <param name="Ended">When it succeeded; null when it had not, or that is not known.</param>
public sealed record MachineMaker(string Name, string Uid, DateTimeOffset? Created, DateTimeOffset? Ended)
{
    // Times of the API have whole seconds, and two objects need not be stamped by one clock.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    /// <summary>The clone of a record.</summary>
    public static MachineMaker Of(CloneRecord clone)
    {
        ArgumentNullException.ThrowIfNull(clone);
        return new(clone.Name, clone.Uid, clone.Raw.CreationTimestamp, EndOf(clone));
    }

    /// <summary>
    /// Whether it made this machine. A machine names the restore that made it, and that is named after the clone; one that was restored in place since names
    /// another, but is as old as the clone.
    /// </summary>
    internal bool Made(KubernetesObject machine)
    {
        // One made directly stands for itself.
        if (Uid.Length > 0 && machine.Uid == Uid)
            return true;
        var last = machine.Annotations.GetValueOrDefault(CloneLabels.LastRestore);
        if (Uid.Length > 0 && (last == $"{Name}-{Uid}" || last?.StartsWith($"tmp-restore-{Uid}-", StringComparison.Ordinal) == true))
            return true;
        // What KubeVirt restores says so: a machine without the mark was made by hand, and one with another clone's by that.
        if (last is null || last.StartsWith("tmp-restore-", StringComparison.Ordinal) || last.StartsWith($"{Name}-", StringComparison.Ordinal))
            return false;
        return machine.CreationTimestamp is { } made && made >= Created - Slack && made <= Ended + Slack;
    }

    /// <summary>Whether a machine is younger than the clone's success, so that another made it.</summary>
    internal bool IsBefore(KubernetesObject machine) => machine.CreationTimestamp > Ended + Slack && !Made(machine);

    private static DateTimeOffset? EndOf(CloneRecord clone) => clone.Phase != ClonePhase.Succeeded ? null : clone.Method switch
    {
        CloneMethod.Restore => clone.Raw.TimeAt("status", "restoreTime"),
        _ => clone.Raw.TimeAt("status", "creationTime") ?? clone.Raw.ItemsAt("status", "conditions")
            .Where(c => c.Text("type") == "Ready" && c.Text("status") == "True")
            .Select(c => ObjectConditions.Time(c.Text("lastTransitionTime")))
            .FirstOrDefault(),
    };
}
