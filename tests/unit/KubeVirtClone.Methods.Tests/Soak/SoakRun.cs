using System.Diagnostics;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Methods.Tests.Interruption;
using KubeVirtClone.Sandbox;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using Struck = KubeVirtClone.Sandbox.Fault;

namespace KubeVirtClone.Methods.Tests.Soak;

/// <summary>
/// Batches one after the other on one sandbox, over HTTP: each in a storm of faults, killed at random requests and run again; then in calm weather,
/// where it must be complete; then removed, in a storm and in calm weather, after which everything must be as it was before.
/// </summary>
/// <remarks>A killed run is cut off: nothing it sends is carried out any more, and its connection is closed.</remarks>
internal sealed class SoakRun
{
    private const int CalmRuns = 3;

    // Patience of a request: what hangs costs that much.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StormTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CalmTimeout = TimeSpan.FromSeconds(60);

    // Nothing takes that long, on however busy a machine.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly KillableSandbox _sandbox;
    private readonly SoakReport _report;
    private SortedSet<string> _before;

    private SoakRun(KillableSandbox sandbox, SoakReport report)
    {
        _sandbox = sandbox;
        _report = report;
        _before = sandbox.State();
    }

    /// <summary>Soaks until the time is over, and for a number of batches at least.</summary>
    public static async Task<SoakReport> RunAsync(int seed, TimeSpan duration, int atLeast, Action<string> say)
    {
        var report = new SoakReport(seed);
        await using var sandbox = await KillableSandbox.StartAsync(seed: seed);
        await MakeSnapshotAsync(sandbox);
        sandbox.AddNamespace(SoakBatch.Elsewhere);
        var run = new SoakRun(sandbox, report);
        var random = new Random(seed);
        var began = Stopwatch.GetTimestamp();
        while (report.Batches < atLeast || Stopwatch.GetElapsedTime(began) < duration)
        {
            var batch = SoakBatch.Draw(random, report.Batches);
            var known = report.Findings.Count();
            await run.SoakAsync(batch);
            report.Batches++;
            report.Clones += batch.Targets.Count;
            say($"{batch}{string.Concat(report.Findings.Skip(known).Select(f => Environment.NewLine + "    " + f))}");
        }

        return report;
    }

    private static async Task MakeSnapshotAsync(KillableSandbox sandbox)
    {
        await using var cluster = await sandbox.ConnectAsync();
        var made = await new SnapshotCatalog(cluster).CreateAsync(
            new SnapshotRequest { Namespace = "default", SourceName = "golden-pvc", Name = SoakBatch.Snapshot }, dryRun: false, default);
        made.Fault.ShouldBeNull();
        await KillableSandbox.WaitUntilAsync(
            () => sandbox.List("VirtualMachineSnapshot").Any(s => s.Name() == SoakBatch.Snapshot && s.FlagAt("status", "readyToUse") == true));
    }

    private async Task SoakAsync(SoakBatch batch)
    {
        Storm(batch);
        foreach (var kill in batch.Kills)
            await CloneAsync(batch, StormTimeout, kill);
        await CloneAsync(batch, StormTimeout, killAt: null);
        Calm();
        List<Engine.Model.Results.Fault> faults = [];
        for (var run = 0; run < CalmRuns; run++)
        {
            faults = await CloneAsync(batch, CalmTimeout, killAt: null);
            if (faults.Count == 0)
                break;
        }

        _report.Unexplained.AddRange(faults.Select(f => $"{batch.Name}, nothing was wrong any more: {f}"));
        await ShouldBeCompleteAsync(batch);

        Storm(batch);
        foreach (var kill in batch.Kills)
            await DoAsync(batch, kill, (faulty, ct) => RemoveAsync(batch, faulty, ct));
        Calm();
        _report.Unexplained.AddRange((await DoAsync(batch, killAt: null, (faulty, ct) => RemoveAsync(batch, faulty, ct))).Select(f => $"{batch.Name}, when it was removed: {f}"));
        await KillableSandbox.WaitUntilAsync(() => _sandbox.State().SetEquals(_before), orElse: () =>
        {
            var now = _sandbox.State();
            _report.Left.AddRange(now.Except(_before).Select(o => $"{batch.Name}: {o}"));
            _report.Left.AddRange(_before.Except(now).Select(o => $"{batch.Name}: {o} is gone"));
            // Found once; the batches after this one are not to blame for it.
            _before = now;
        });
    }

    private void Storm(SoakBatch batch)
    {
        foreach (var fault in batch.Storm)
            _sandbox.Box.Faults.Add(fault);
    }

    private void Calm()
    {
        _report.Strikes += _sandbox.Box.Faults.Rules.Sum(rule => rule.Hits);
        _sandbox.Box.Faults.Clear();
    }

    private Task<List<Engine.Model.Results.Fault>> CloneAsync(SoakBatch batch, TimeSpan timeout, int? killAt) => DoAsync(batch, killAt, async (cluster, ct) =>
    {
        var faults = new List<Engine.Model.Results.Fault>();
        await foreach (var update in new CloneOperation(cluster, batch.Options(timeout)).RunAsync(batch.Requests(), ct))
        {
            if (update.Fault is { } fault)
                faults.Add(fault);
        }

        return faults;
    });

    private static async Task<List<Engine.Model.Results.Fault>> RemoveAsync(SoakBatch batch, Engine.Cluster.KubeVirtCluster cluster, CancellationToken ct)
    {
        var clones = new List<CloneRecord>();
        var faults = new List<Engine.Model.Results.Fault>();
        await foreach (var found in new CloneCatalog(cluster).ListAsync(new CloneQuery { Namespace = batch.Namespace, Batch = batch.Name }, ct))
        {
            if (found.Value is { } clone)
                clones.Add(clone);
            else
                faults.Add(found.Fault!);
        }

        foreach (var clone in clones)
        {
            if (await new CloneRemoval(cluster, includeTarget: true, force: true).RemoveAsync(clone, ct) is { } fault)
                faults.Add(fault);
        }

        foreach (var ns in new[] { "default", batch.Namespace }.Distinct())
            await new BatchLeftovers(cluster).CollectBatchAsync(ns, batch.Name, includeTarget: true, ct);
        return faults;
    }

    /// <summary>Does work in a process of its own, as it were: with a connection of its own, which is cut off at a request when it is to be killed there.</summary>
    private async Task<List<Engine.Model.Results.Fault>> DoAsync(
        SoakBatch batch, int? killAt, Func<Engine.Cluster.KubeVirtCluster, CancellationToken, Task<List<Engine.Model.Results.Fault>>> work)
    {
        _report.Runs++;
        using var death = new CancellationTokenSource();
        var dead = 0;
        _sandbox.Watch((count, request) =>
        {
            if (count != killAt)
                return Volatile.Read(ref dead) == 1 ? new Struck { Kind = FaultKind.Hang } : null;
            Volatile.Write(ref dead, 1);
            _ = Task.Run(death.Cancel);
            // As often as not the server has carried out what the process did not live to hear of.
            return count % 2 == 0 ? null : new Struck { Kind = FaultKind.Hang };
        });
        List<Engine.Model.Results.Fault> faults = [];
        try
        {
            // What is left unanswered in a storm is to be tried again soon; in the calm only a busy machine is late.
            await using var cluster = await _sandbox.ConnectAsync(_sandbox.Box.Faults.Rules.Count > 0 ? RequestTimeout : null);
            faults = await Task.Run(() => work(cluster, death.Token)).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            _report.Hung.Add($"{batch.Name}: not over after {Patience.TotalMinutes} minutes{(dead == 1 ? ", cut off and cancelled" : "")}");
        }
        catch (EngineException e)
        {
            faults = [e.Fault];
        }
        catch (OperationCanceledException) when (dead == 1)
        {
            // Killed.
        }
        catch (Exception e)
        {
            _report.Unexplained.Add($"{batch.Name}: {e}");
        }

        _report.Kills += dead;
        _sandbox.Box.Faults.Decide = null;
        if (dead == 0)
            _report.Unexplained.AddRange(faults.Where(f => !IsExplained(f)).Select(f => $"{batch.Name}: {f}"));
        return faults;
    }

    private static bool IsExplained(Engine.Model.Results.Fault fault) =>
        fault is { Id.Length: > 0, Message.Length: > 0, RecommendedAction.IsEmpty: false } && fault.Category != FaultCategory.NotSpecified;

    private async Task ShouldBeCompleteAsync(SoakBatch batch)
    {
        var place = batch.Namespace == "default" ? "" : batch.Namespace + "/";
        var machines = _sandbox.List("VirtualMachine", batch.Namespace).Select(m => m.Name()).ToHashSet(StringComparer.Ordinal);
        _report.Lost.AddRange(batch.Targets.Where(t => !machines.Contains(t)).Select(t => $"{batch.Name}: {t}"));
        _report.Twice.AddRange(machines.Except(batch.Targets).Where(m => !_before.Contains($"{place}VirtualMachine {m}")).Select(m => $"{batch.Name}: nobody asked for {m}"));

        await using var cluster = await _sandbox.ConnectAsync();
        var records = new List<CloneRecord>();
        await foreach (var found in new CloneCatalog(cluster).ListAsync(new CloneQuery { Namespace = batch.Namespace, Batch = batch.Name }, default))
            records.Add(found.Value!);
        _report.Twice.AddRange(records.GroupBy(r => r.TargetName, StringComparer.Ordinal).Where(g => g.Count() > 1)
            .Select(g => $"{batch.Name}: {g.Key} has {g.Count()} records: {string.Join(", ", g.Select(r => r.Name))}"));
        _report.Lost.AddRange(batch.Targets.Except(records.Select(r => r.TargetName)).Select(t => $"{batch.Name}: no record of {t}"));

        // A disk is one machine's alone.
        var claims = _sandbox.List("VirtualMachine", batch.Namespace).Where(m => batch.Targets.Contains(m.Name()))
            .SelectMany(m => m.ArrayAt("spec", "template", "spec", "volumes").Objects())
            .Select(v => v.TextAt("persistentVolumeClaim", "claimName") ?? v.TextAt("dataVolume", "name")).OfType<string>();
        _report.Twice.AddRange(claims.GroupBy(c => c, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"{batch.Name}: {g.Key} is a disk of {g.Count()} machines"));
    }
}
