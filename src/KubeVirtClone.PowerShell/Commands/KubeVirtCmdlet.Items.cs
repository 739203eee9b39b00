using System.Collections.Concurrent;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Progress;

namespace KubeVirtClone.Commands;

/// <summary>How the cmdlets speak of items that are worked on at the same time.</summary>
public abstract partial class KubeVirtCmdlet
{
    /// <summary>Most objects deleted at the same time.</summary>
    private const int RemovalParallelism = 16;

    /// <summary>Ends the command: its parameters do not go together.</summary>
    private protected void Refuse(string id, string message, string action, object? target = null) =>
        ThrowTerminatingError(ErrorRecords.Create(id, ErrorCategory.InvalidArgument, message, action, target));

    /// <summary>Ends the command when neither a parameter nor the pipeline says what is meant.</summary>
    private protected void RequireChoice(bool isGiven, string id, string message, string action)
    {
        if (!isGiven && !MyInvocation.ExpectingInput && !MyInvocation.BoundParameters.ContainsKey("InputObject")) Refuse(id, message, action);
    }

    /// <summary>Takes in what the pipeline brings; what cannot be used gives an error, and the rest goes on.</summary>
    private protected void TakeIn(PSObject? input, Action take)
    {
        try
        {
            take();
        }
        catch (InputException e)
        {
            WriteError(e.ToErrorRecord(input));
        }
    }

    /// <summary>Carries out work on several items under one bar: records are converted and written, faults become errors, warnings warnings.</summary>
    /// <param name="activity">Headline of the bar.</param>
    /// <param name="total">How many items there are.</param>
    /// <param name="work">The work; hands over what it has to say.</param>
    /// <param name="convert">What a record looks like to the user.</param>
    /// <param name="write">Called on the pipeline thread with each result.</param>
    private protected void RunItems<T>(
        string activity,
        int total,
        Func<KubeVirtCluster, Action<ItemUpdate<T>>, CancellationToken, Task> work,
        Func<T, object> convert,
        Action<object> write)
        where T : class =>
        RunItems(activity, total, (cluster, emit, _, ct) => work(cluster, emit, ct), convert, write);

    /// <summary>As above, for work that also says what it is at: the newest of these texts stands in the bar.</summary>
    private protected void RunItems<T>(
        string activity,
        int total,
        Func<KubeVirtCluster, Action<ItemUpdate<T>>, Action<string>, CancellationToken, Task> work,
        Func<T, object> convert,
        Action<object> write)
        where T : class
    {
        var progress = new ItemProgressView(this, activity, total);
        try
        {
            RunWithCluster(
                (cluster, ct) => work(
                    cluster,
                    update =>
                    {
                        if (update.Kind != ItemUpdateKind.Warning) progress.Count(update.Kind == ItemUpdateKind.Fault);
                        WriteItem(update, convert, write);
                    },
                    progress.Note,
                    ct),
                progress.Tick);
        }
        finally
        {
            progress.Complete();
        }
    }

    /// <summary>Hands on every update.</summary>
    private protected static async Task ForwardAsync<T>(IAsyncEnumerable<ItemUpdate<T>> updates, Action<ItemUpdate<T>> emit)
        where T : class
    {
        await foreach (var update in updates) emit(update);
    }

    /// <summary>Sends one message about an item to the stream it belongs to.</summary>
    private protected void WriteItem<T>(ItemUpdate<T> update, Func<T, object> convert, Action<object> write)
        where T : class
    {
        switch (update.Kind)
        {
            case ItemUpdateKind.Record:
                var output = convert(update.Record!);
                Post(() => write(output));
                break;
            case ItemUpdateKind.Fault:
                var error = ErrorRecords.From(update.Fault!, update.Record is { } record ? convert(record) : update.Input);
                Post(() => WriteError(error));
                break;
            default:
                Post(() => WarnOnce(update.Message!.ToString()));
                break;
        }
    }

    /// <summary>Removes snapshots, or what stands for them, after they were approved, and waits until they are gone. What refuses becomes an error of its own.</summary>
    /// <param name="chosen">What was approved.</param>
    /// <param name="remove">Removes one; says why not.</param>
    /// <param name="identify">Namespace, name and UID of the snapshot that goes.</param>
    /// <param name="convert">What a record looks like to the user.</param>
    private protected void RemoveSnapshots<T>(
        IReadOnlyList<T> chosen,
        Func<KubeVirtCluster, T, CancellationToken, Task<Fault?>> remove,
        Func<T, (string Namespace, string Name, string Uid)> identify,
        Func<T, object> convert)
    {
        if (chosen.Count == 0) return;
        RunWithCluster(async (cluster, ct) =>
        {
            var kind = await cluster.GetSnapshotKindAsync(ct);
            var removed = new ConcurrentBag<RemovedObject>();
            await Parallel.ForEachAsync(
                chosen,
                new ParallelOptions { MaxDegreeOfParallelism = RemovalParallelism, CancellationToken = ct },
                async (item, token) =>
                {
                    if (await remove(cluster, item, token) is { } fault)
                    {
                        Post(() => WriteError(ErrorRecords.From(fault, convert(item))));
                        return;
                    }

                    var (@namespace, name, uid) = identify(item);
                    removed.Add(new RemovedObject(kind, @namespace, name, uid));
                });
            await AwaitRemovalAsync(cluster, removed, ct);
        });
    }

    /// <summary>Waits until what was deleted is gone, and warns of what is not.</summary>
    private protected async Task AwaitRemovalAsync(KubeVirtCluster cluster, IReadOnlyCollection<RemovedObject> removed, CancellationToken ct)
    {
        if (await new RemovalWaiter(cluster).WarnOfLeftAsync(removed, ct) is { } left) Post(() => WriteWarning(left));
    }
}
