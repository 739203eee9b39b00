using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Preflight.Subjects;

/// <summary>What the server answers to an object that is only tried.</summary>
/// <param name="Refusal">Why it refuses it, or null.</param>
/// <param name="OverQuota">The refusal is a quota's.</param>
/// <param name="NotTried">Why it could not be tried, or null.</param>
/// <param name="Requests">The requests it stands for.</param>
internal sealed record RehearsalAnswer(string? Refusal, bool OverQuota, string? NotTried, IReadOnlyList<CloneRequest> Requests)
{
    /// <summary>The disk whose claim it is about; null for the machine.</summary>
    public string? Disk { get; init; }
}

/// <summary>
/// Asks the server itself, by a dry run, whether it would take the machine that a clone comes out as, with the types, admission webhooks and
/// policies it has. KubeVirt makes that machine only after the volumes, and a refusal then is repeated for ever. Machines that differ only in
/// values that nearly every one has for itself (names, addresses) are tried once, and not more than <see cref="MostShapes"/> of a source: the
/// number of requests does not grow with the batch. Claims that are to be other than the source's are tried as well.
/// </summary>
internal sealed class Rehearsal(KubeVirtCluster cluster, KindReader reader)
{
    private const int MostShapes = 8;

    public Task RunAsync(PreflightBatch batch, CancellationToken ct) => Task.WhenAll(batch.Sources.SelectMany(source => Try(source, batch, ct)));

    private IEnumerable<Task> Try(PreflightSource source, PreflightBatch batch, CancellationToken ct)
    {
        var made = source.All.Where(Makes)
            .Select(s => (Subject: s, Machine: s.Simulation?.Machine))
            .Where(m => m.Machine is not null)
            .ToList();
        var few = FewValues(made.Select(m => m.Subject));
        var shapes = made.GroupBy(m => Shape(m.Subject, few), StringComparer.Ordinal).ToList();
        foreach (var left in shapes.Skip(MostShapes))
        {
            left.First().Subject.Rehearsed = new RehearsalAnswer(
                null,
                OverQuota: false,
                $"clones of '{source.Name}' come out in {shapes.Count} forms, of which {MostShapes} were tried",
                [.. left.Select(m => m.Subject.Item.Request)]);
        }

        return shapes.Take(MostShapes).Select(async g =>
        {
            var (first, machine) = g.First();
            IReadOnlyList<CloneRequest> requests = [.. g.Select(m => m.Subject.Item.Request)];
            var answer = await TryAsync(first, machine!, requests, ct);
            // Made directly, its claims are posted as they are to be; any other way they are made like the source's.
            first.Rehearsed = answer is { Refusal: null, NotTried: null } && first is { AsItStands: false, Request.ChangesDisks: true } && batch.MethodOf(source) == CloneMethod.Direct
                ? await TryClaimsAsync(first, batch.VolumesOf(first), requests, ct) ?? answer
                : answer;
        });
    }

    // Null where the server would take them all. What quotas and limit ranges say is found by counting.
    private async Task<RehearsalAnswer?> TryClaimsAsync(PreflightSubject subject, IReadOnlyList<SourceVolume> volumes, IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        foreach (var volume in volumes.Select(v => v.For(subject.Request)).Where(v => v is { Size: not null, AccessModes.Count: > 0 }))
        {
            var spec = new JsonObject
            {
                ["accessModes"] = new JsonArray([.. volume.AccessModes.Select(m => (JsonNode)m)]),
                ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = Quantity.Write(volume.Size!.Value) } },
                ["storageClassName"] = volume.StorageClass,
                ["volumeMode"] = volume.VolumeMode,
            };
            var claim = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "PersistentVolumeClaim",
                ["metadata"] = new JsonObject { ["generateName"] = "rehearsal-", ["namespace"] = subject.Request.Namespace },
                ["spec"] = spec,
            };
            string? refusal = null;
            await reader.ReadAsync(KubeVirtKinds.PersistentVolumeClaim, subject.Request.Namespace, async () =>
            {
                try
                {
                    await cluster.Client.CreateAsync(KubeVirtKinds.PersistentVolumeClaim, subject.Request.Namespace, claim, new WriteOptions { DryRun = true, FieldValidation = "Ignore" }, ct);
                }
                catch (ApiStatusException e) when (IsRefusal(e))
                {
                    refusal = e.ApiMessage;
                }
            });
            if (refusal is not null && CauseText.OfStorageError(refusal) is null)
                return new RehearsalAnswer(refusal, OverQuota: false, NotTried: null, requests) { Disk = volume.Volume.Name };
        }

        return null;
    }

    // Where a field has few values among many clones, each is tried: one of them may be wrong.
    private static HashSet<string> FewValues(IEnumerable<PreflightSubject> subjects) => subjects
        .SelectMany(s => s.Checked.Patches.Select(p => (p.Path, Value: p.Value?.ToJsonString() ?? "")))
        .Distinct()
        .GroupBy(p => p.Path, StringComparer.Ordinal)
        .Where(g => g.Count() <= MostShapes / 2)
        .Select(g => g.Key)
        .ToHashSet(StringComparer.Ordinal);

    // What does not get as far as a new machine is told by other checks.
    private static bool Makes(PreflightSubject subject) =>
        (subject.AsItStands || subject.Checked.Fault is null)
        && subject.State.Machines.IsRead
        && subject.Request.TargetName is { Length: > 0 } target
        && NameRules.WhyNotName(target) is null
        && subject.State.Machines.Find(target) is null
        && subject.Source is { } source
        && SourceMachine.Unclonable(source) is null
        && subject.Made is { } made
        && RestoredMachine.TemplatesNamedAsClaims(made).Count == 0
        && RestoredMachine.AnnotationBytes(made, restoreName: null) <= RestoredMachine.MaxAnnotationBytes;

    private static string Shape(PreflightSubject subject, HashSet<string> few)
    {
        var request = subject.Request;
        var patches = subject.AsItStands ? string.Join('\n', request.Patches ?? []) : string.Join('\n', subject.Checked.Patches.Select(p => $"{p.Op} {p.Path} {(few.Contains(p.Path) ? p.Value?.ToJsonString() : p.Value?.GetValueKind().ToString())}"));
        var disks = request.ChangesDisks ? string.Concat(RequestFields.OfDisks.Select(f => $"{request.Wishes.Table(f)?.OrderBy(e => e.Key, StringComparer.Ordinal).Aggregate(f.Name, (t, e) => $"{t} {e.Key}={e.Value}")}\n")) : "";
        return disks + string.Join('|', new[] { request.LabelFilter, request.AnnotationFilter, request.TemplateLabelFilter, request.TemplateAnnotationFilter }.Select(f => f is null ? "-" : string.Join(',', f))) + patches;
    }

    private async Task<RehearsalAnswer> TryAsync(PreflightSubject subject, JsonObject machine, IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        string? refusal = null;
        var quota = false;
        var notTried = await reader.ReadAsync(KubeVirtKinds.VirtualMachine, subject.Request.Namespace, async () =>
        {
            try
            {
                await cluster.Client.CreateAsync(KubeVirtKinds.VirtualMachine, subject.Request.Namespace, Body(subject, machine), new WriteOptions { DryRun = true, FieldValidation = "Ignore" }, ct);
            }
            catch (ApiStatusException e) when (IsRefusal(e))
            {
                refusal = e.ApiMessage;
                quota = e.ApiMessage.Contains("exceeded quota", StringComparison.Ordinal);
            }
            catch (ApiStatusException e) when (e.IsAlreadyExists)
            {
                // Made meanwhile, or before this user could see it: whoever makes the clone is told.
            }
        });
        return new RehearsalAnswer(refusal, quota, notTried?.Replace("you may not read", "you may not create", StringComparison.Ordinal), requests);
    }

    // A user who may not make machines can clone all the same: KubeVirt makes them. A webhook that cannot be tried says nothing either.
    private static bool IsRefusal(ApiStatusException e) =>
        e.StatusCode is 400 or 403 or 422
        && !e.ApiMessage.Contains(" is forbidden: User \"", StringComparison.Ordinal)
        && !e.ApiMessage.Contains("dry run", StringComparison.OrdinalIgnoreCase)
        && !e.ApiMessage.Contains("failed calling webhook", StringComparison.Ordinal);

    private static JsonObject Body(PreflightSubject subject, JsonObject machine)
    {
        var spec = (JsonObject)(machine["spec"]?.DeepClone() ?? new JsonObject());
        // KubeVirt's restore controller makes it stopped unless a patch says otherwise, and gives templates names of their own.
        if (!spec.ContainsKey("runStrategy") && !spec.ContainsKey("running"))
            spec["runStrategy"] = "Halted";
        var metadata = new JsonObject { ["name"] = subject.Request.TargetName, ["namespace"] = subject.Request.Namespace };
        foreach (var key in new[] { "labels", "annotations" })
        {
            if (machine["metadata"]?[key] is { } map)
                metadata[key] = map.DeepClone();
        }

        // As the restore writes them.
        if (metadata["annotations"] is not JsonObject annotations)
            metadata["annotations"] = annotations = new JsonObject();
        annotations[RestoredMachine.RestoreAnnotation] = $"{subject.Request.CloneName}-{Guid.Empty}";
        if (spec["template"]?["spec"]?["volumes"] is JsonArray volumes)
        {
            foreach (var dump in volumes.OfType<JsonObject>().Where(v => v["memoryDump"] is not null).ToList())
                volumes.Remove(dump);
        }

        foreach (var reference in new[] { "instancetype", "preference" })
        {
            // The clone gets a copy of the revision; the original need not be there any more.
            if (spec[reference] is JsonObject named && SourceMachine.Text(named["revisionName"]) is { Length: > 0 })
                spec.Remove(reference);
        }

        return new JsonObject { ["apiVersion"] = KubeVirtKinds.VirtualMachine.ApiVersion, ["kind"] = SourceKinds.VirtualMachine, ["metadata"] = metadata, ["spec"] = spec };
    }
}
