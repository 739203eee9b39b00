using System.Globalization;
using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Images;

/// <summary>Makes one golden image, step by step, and undoes the steps when one of them fails.</summary>
internal sealed class GoldenImageRun(KubeVirtCluster cluster, GoldenImageRequest request, ChannelWriter<ItemUpdate<GoldenImageRecord>> updates)
{
    private const int MaxDescription = 10_000;

    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan UndoTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UndoPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RestartPatience = TimeSpan.FromMinutes(10);
    private const int MostAttempts = 10;
    private static readonly TimeSpan LongestRemoval = TimeSpan.FromMinutes(2);

    private readonly SnapshotCatalog _snapshots = new(cluster);
    private readonly string _run = Guid.NewGuid().ToString("N");
    private readonly OtherImageRun _other = new(cluster);
    private SourceGuard? _guard;
    private SnapshotRecord? _unfinished;

    // Name of a snapshot that was asked for: whether it came about is not known where the answer was lost.
    private string? _begun;

    private string Display => $"{request.Namespace}/{request.SourceName}";

    public async Task RunAsync(CancellationToken ct)
    {
        GoldenImageRecord? image = null;
        Fault? fault = null;
        try
        {
            (image, fault) = await MakeAsync(ct);
        }
        catch (KubernetesException e)
        {
            fault = FaultMapper.From(e, Display);
        }
        catch (EngineException e)
        {
            // One request that went wrong is this image's affair; no connection or no API is everybody's.
            fault = e.Fault with { Terminating = e.Fault.Exception is not KubernetesException inner || FaultMapper.EndsEverything(inner) };
        }
        finally
        {
            // A cancelled call undoes what it began as a failed one does.
            if (image is null || fault is not null)
                await UndoAsync();
        }

        if (fault is { Terminating: true })
            throw new EngineException(fault);
        updates.TryWrite(new()
        {
            Kind = fault is null ? ItemUpdateKind.Record : ItemUpdateKind.Fault,
            Record = image,
            Fault = fault,
            Input = request.Input,
        });
    }

    private async Task<(GoldenImageRecord? Image, Fault? Fault)> MakeAsync(CancellationToken ct)
    {
        if (Check() is { } invalid)
            return (null, invalid);
        var source = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, request.Namespace, request.SourceName, ct);
        if (source is not null && ReplacedFaults.OfMachine(source, request.SourceUid, request.SourceMaker) is { } another)
            return (null, another);
        var (version, existing) = await ChooseVersionAsync(source, ct);
        if (existing is not null)
            return await CompleteAsync(existing, source, ct);
        if (source is null)
            return (null, PowerFaults.NotFound(new(request.Namespace, request.SourceName)));
        if (ImageAdvice.WhyUnsupported(source) is { } what)
            return (null, ImageFaults.Unsupported(request, what));
        var findings = await new ImageFindings(cluster).FindAsync(source, request.StopSource, ct);
        if (findings.FirstOrDefault(f => f.IsError) is { } hopeless)
            return (null, ImageFaults.Invalid(request, hopeless.Message, hopeless.RecommendedAction));
        foreach (var advice in findings.Select(f => Advice.FromString(f.Message)).Concat(ImageAdvice.For(source)))
            Warn(advice);
        if (!request.StopSource && ImageAdvice.OfRunning(source) is { } note)
            Warn(note);
        for (var attempt = 1; ;)
        {
            var (image, fault) = await MakeVersionAsync(version, source, ct);
            // Another run was quicker with this number, or had the machine run again in between.
            var outrun = fault?.Id is FaultIds.GoldenImageExists or FaultIds.VMSnapshotExists or FaultIds.GoldenImageSourceRan;
            if (!outrun || (request.Version is not null && fault!.Id == FaultIds.GoldenImageExists) || attempt == MostAttempts)
                return (image, fault);
            cluster.Callbacks.Verbose?.Invoke($"Another run is at the same image: {fault!.Message}");
            source = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, request.Namespace, request.SourceName, ct);
            if (source is null)
                return (null, PowerFaults.NotFound(new(request.Namespace, request.SourceName)));
            var before = version;
            (version, _) = await ChooseVersionAsync(source, ct);
            // Where others get their images made it will be its turn; what goes on as it was does not end.
            attempt = version == before ? attempt + 1 : 1;
        }
    }

    private async Task<(GoldenImageRecord? Image, Fault? Fault)> MakeVersionAsync(string version, KubernetesObject source, CancellationToken ct)
    {
        if (await MakeRoomAsync(version, ct) is { } taken)
            return (null, taken);
        if (request.StopSource)
        {
            if (_guard is not { HasStopped: true })
                _guard = new SourceGuard(cluster, source);
            if (ImageAdvice.IsOn(source) && await _guard.StopAsync(request.GracePeriod, request.Timeout, ct) is { } unstopped)
                return (null, unstopped);
        }

        var stopped = request.RemoveSource ? await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, request.Namespace, request.SourceName, ct) : null;
        var (snapshot, failed) = await TakeAsync(version, ct);
        if (failed is not null)
            return (null, failed);
        if (snapshot!.Volumes is { Count: 0 })
            Warn($"No disk of '{request.SourceName}' is in the image: what is not a claim or DataVolume, such as a container disk, each machine made of it fetches anew.");
        var image = await MarkAsync(snapshot, StateOf(stopped), ct);
        if (request.RemoveSource)
            return (image, await RemoveSourceAsync(source, ct));
        if (!request.KeepStopped && _guard is not null && await _guard.UndoAsync(RestartPatience, ct) is { } fault)
            Warn($"The golden image {request.Name} is made, but its source does not run again: {fault.Message} Start it with {CommandName.StartVM}.");
        return (image, null);
    }

    // A snapshot of that name that is no image yet is another run's, or was left by one that was killed.
    private async Task<Fault?> MakeRoomAsync(string version, CancellationToken ct)
    {
        var name = CloneNames.ForImage(request.Namespace, request.Name, version);
        if (await _snapshots.FindAsync(request.Namespace, name, ct) is not { } found)
            return null;
        if (await _other.AwaitAsync(found, request.Timeout, ct) is not { } abandoned)
            return await _snapshots.FindAsync(request.Namespace, name, ct) is null ? null : ImageFaults.Exists(request, version);
        if (!abandoned.Labels.ContainsKey(ImageLabels.Pending))
            return ImageFaults.Exists(request, version);
        // It is still being taken: whoever takes it may be at work.
        if (abandoned is { ReadyToUse: false, Failed: false })
            return SnapshotFaults.Timeout(abandoned.Reference, abandoned, request.Timeout ?? TimeSpan.Zero);
        // The machine may have run since, so that it does not hold what is asked for now.
        cluster.Callbacks.Verbose?.Invoke($"The snapshot {abandoned.Reference} was begun by an earlier call; taking it anew");
        if (await _snapshots.RemoveAsync(abandoned, force: true, ct) is { } stuck)
            return stuck;
        var kind = await cluster.GetSnapshotKindAsync(ct);
        await new RemovalWaiter(cluster).WaitAsync([new(kind, abandoned.Namespace, abandoned.Name, abandoned.Uid)], LongestRemoval, ct);
        return null;
    }

    private Fault? Check()
    {
        if (request.Name.Length == 0 || NameRules.WhyNotLabelValue(request.Name) is not null)
            return ImageFaults.Invalid(request, $"A golden image cannot be named '{request.Name}': {NameRules.WhyNotLabelValue(request.Name) ?? "it is empty"}.", "Give a name such as ubuntu-24.04.");
        if (request.Version is { } version && (version.Length == 0 || NameRules.WhyNotLabelValue(version) is not null))
            return ImageFaults.Invalid(request, $"A version cannot be '{version}': {NameRules.WhyNotLabelValue(version) ?? "it is empty"}.", "Give a version such as 2, or 2026-11-20.");
        if (request.Description is { Length: > MaxDescription })
            return ImageFaults.Invalid(request, $"The description has {request.Description.Length} characters; {MaxDescription} are allowed.", "Shorten it.");
        return NameRules.WhyNotName(request.SourceName) is { } why
            ? ImageFaults.Invalid(request, $"The machine's name cannot be '{request.SourceName}': {why}.", "Give the name of a virtual machine.")
            : null;
    }

    // The version wanted, and the image of that version if an earlier call made it of this very machine and was to remove that.
    private async Task<(string Version, GoldenImageRecord? Existing)> ChooseVersionAsync(KubernetesObject? source, CancellationToken ct)
    {
        var images = await new GoldenImageCatalog(cluster).ListOneAsync(request.Namespace, request.Name, ct);
        if (request.Version is { } wanted)
            return (wanted, images.Find(i => i.Version == wanted));
        if (request.RemoveSource && images.Find(i => IsOfState(i, source)) is { } unremoved)
            return (unremoved.Version, unremoved);
        if (source is null)
        {
            // Removing the source is the last step: when an image of it is there, an earlier call got that far.
            var made = images.Where(i => i.SourceName == request.SourceName).MaxBy(i => i.CreationTimestamp);
            return (made?.Version ?? "1", request.RemoveSource ? made : null);
        }

        var highest = images.Select(i => int.TryParse(i.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0).DefaultIfEmpty().Max();
        return ((highest + 1).ToString(CultureInfo.InvariantCulture), null);
    }

    private async Task<(GoldenImageRecord? Image, Fault? Fault)> CompleteAsync(GoldenImageRecord image, KubernetesObject? source, CancellationToken ct)
    {
        if (!request.RemoveSource || image.SourceName != request.SourceName || (source is not null && !IsOfState(image, source)))
            return (null, ImageFaults.Exists(request, image.Version));
        cluster.Callbacks.Verbose?.Invoke($"The golden image {image} was made by an earlier call; what is left is its source");
        var newest = (await new GoldenImageCatalog(cluster).ResolveAsync(request.Namespace, request.Name, version: null, ct)).Value;
        image = GoldenImageRecord.From(await _snapshots.DescribeAsync(image.Snapshot, ct))! with { IsDefault = newest?.Uid == image.Uid };
        return (image, source is null ? null : await RemoveSourceAsync(source, ct));
    }

    // What the image must be of for the source to be removed by a later call: a machine that cannot have run since, because starting one that
    // is halted changes its generation. Of any other a new image is made first.
    private static string? StateOf(KubernetesObject? source) => source?.StringAt("spec", "runStrategy") == "Halted" && !source.IsTrueAt("status", "created")
        ? $"{source.Uid}/{source.At("metadata", "generation")}"
        : null;

    private static bool IsOfState(GoldenImageRecord image, KubernetesObject? source) =>
        StateOf(source) is { } state && image.Raw.Annotations.GetValueOrDefault(ImageLabels.SourceToRemove) == state;

    private async Task<(SnapshotRecord? Snapshot, Fault? Fault)> TakeAsync(string version, CancellationToken ct)
    {
        var name = CloneNames.ForImage(request.Namespace, request.Name, version);
        _begun = name;
        var created = await CreateAsync(name, version, ct);
        if (created.Fault is not null)
            return (null, created.Fault);
        var found = created.Value!;
        if (found.Raw.Annotations.GetValueOrDefault(ImageLabels.Run) != _run)
            return (null, ImageFaults.Exists(request, version));
        _unfinished = found;
        var ready = await new SnapshotWaiter(cluster).WaitOneAsync(found.Reference, request.Timeout, Warn, ct);
        if (ready.Fault is not null)
            return (null, ready.Fault);
        var content = await _snapshots.ReadContentAsync(ready.Value!, ct);
        if (content is null || ready.Value!.IsPartial || content.Missing.Count > 0)
            return (null, SnapshotFaults.Partial(found.Reference.ToString(), request.SourceName, content?.Missing ?? []));
        if (request.StopSource && ready.Value!.Indications.Any(i => i.Name == "Online"))
        {
            // Somebody had the machine run again before its snapshot was taken.
            await _snapshots.RemoveAsync(found, force: true, ct);
            await new RemovalWaiter(cluster).WaitAsync([new(await cluster.GetSnapshotKindAsync(ct), found.Namespace, found.Name, found.Uid)], LongestRemoval, ct);
            _unfinished = null;
            return (null, ImageFaults.SourceRan(request));
        }

        return (ready.Value with { Size = content.Size, Volumes = content.Volumes }, null);
    }

    private Task<ListedItem<SnapshotRecord>> CreateAsync(string name, string version, CancellationToken ct) => _snapshots.CreateAsync(
        new SnapshotRequest
        {
            Namespace = request.Namespace,
            SourceName = request.SourceName,
            Name = name,
            FailureDeadline = request.FailureDeadline ?? DefaultDeadline,
            Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [ImageLabels.Pending] = request.Name, [ImageLabels.Version] = version },
            Annotations = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [ImageLabels.Run] = _run,
                [ImageLabels.Description] = request.Description ?? "",
            }.Where(a => a.Value.Length > 0).ToDictionary(a => a.Key, a => a.Value, StringComparer.Ordinal),
        },
        dryRun: false,
        ct);

    private async Task<GoldenImageRecord> MarkAsync(SnapshotRecord snapshot, string? sourceToRemove, CancellationToken ct)
    {
        var metadata = new JsonObject { ["labels"] = new JsonObject { [ImageLabels.Image] = request.Name, [ImageLabels.Pending] = null } };
        var annotations = new JsonObject { [ImageLabels.Run] = null };
        if (request.Description is not null)
            annotations[ImageLabels.Description] = request.Description;
        if (sourceToRemove is not null)
            annotations[ImageLabels.SourceToRemove] = sourceToRemove;
        metadata["annotations"] = annotations;
        var patch = new JsonObject { ["metadata"] = metadata };
        var kind = await cluster.GetSnapshotKindAsync(ct);
        KubernetesObject marked;
        try
        {
            marked = await cluster.Client.PatchAsync(kind, snapshot.Namespace, snapshot.Name, PatchKind.Merge, patch, new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
        }
        catch (AnswerLostException)
        {
            // The same labels again change nothing.
            marked = await cluster.Client.PatchAsync(kind, snapshot.Namespace, snapshot.Name, PatchKind.Merge, patch.DeepClone(), new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
        }

        _unfinished = null;
        _begun = null;
        var record = GoldenImageRecord.From(SnapshotRecord.From(marked) with { Size = snapshot.Size, Volumes = snapshot.Volumes })!;
        return record with { IsDefault = record.Ready };
    }

    private async Task<Fault?> RemoveSourceAsync(KubernetesObject source, CancellationToken ct)
    {
        await foreach (var update in new MachinePower(cluster).RemoveAsync([new(source.Namespace!, source.Name, source.Uid)], new PowerOptions { Wait = true, Timeout = request.Timeout, Force = true }, ct))
        {
            // Already gone is what was wanted.
            if (update.Fault is { Id: not FaultIds.VMNotFound } fault)
                return fault with { Message = $"The golden image {request.Name} is made, but its source is still there: {fault.Message}" };
        }

        return null;
    }

    private async Task UndoAsync()
    {
        using var limit = new CancellationTokenSource(UndoTime, cluster.Clock);
        try
        {
            _unfinished ??= _begun is null ? null : await _snapshots.FindAsync(request.Namespace, _begun, limit.Token);
            if (_unfinished is { } snapshot && snapshot.Labels.ContainsKey(ImageLabels.Pending)
                && snapshot.Raw.Annotations.GetValueOrDefault(ImageLabels.Run) == _run && await _snapshots.RemoveAsync(snapshot, force: true, limit.Token) is { } left)
                Warn($"The snapshot {snapshot.Reference} of the image that did not come about is still there: {left.Message}");
            if (_guard is not null && await _guard.UndoAsync(UndoPatience, limit.Token) is { } fault)
                Warn($"'{request.SourceName}' was stopped for its image and could not be put back as it was: {fault.Message} Start it with {CommandName.StartVM}.");
        }
        catch (Exception e) when (e is EngineException or KubernetesException or OperationCanceledException)
        {
            Warn($"What was begun could not be undone ({e.Message}): look at the run strategy of '{request.SourceName}', and run the same command again.");
        }
    }

    private void Warn(Advice text) => updates.TryWrite(new() { Kind = ItemUpdateKind.Warning, Message = text, Input = request.Input });
}
