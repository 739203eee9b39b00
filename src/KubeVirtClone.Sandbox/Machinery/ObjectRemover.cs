namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>Deletion.</summary>
/// <param name="store">Where objects are.</param>
/// <param name="admission">What may refuse it.</param>
/// <param name="clock">Source of timestamps.</param>
internal sealed class ObjectRemover(ObjectStore store, AdmissionChain admission, TimeProvider clock)
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    /// <summary>
    /// Deletes an object. With finalizers (its own, or the one of the propagation policy) it is only marked, and the marked
    /// object is returned; otherwise it is gone and a Status of success is returned. What it owns is collected by the
    /// garbage collector afterwards.
    /// </summary>
    /// <exception cref="ApiException">404; 409 when a precondition fails; what admission refuses.</exception>
    public JsonObject Delete(ResourceType type, string? ns, string name, DeleteRequest request, RequestInfo who)
    {
        lock (store.Gate)
        {
            var existing = store.Find(type, ns, name) ?? throw ApiException.NotFound(type, name);
            CheckPreconditions(type, existing, request);
            admission.Validate(new AdmissionRequest
            {
                Type = type,
                Operation = "DELETE",
                Namespace = ns,
                Name = name,
                OldObject = existing.Object,
                Info = who,
                RequestVersion = type.StorageVersion,
            });

            var obj = (JsonObject)existing.Object.DeepClone();
            var metadata = obj.Ensure("metadata");
            var finalizers = Finalizers(metadata, request.PropagationPolicy);
            if (finalizers.Count > 0)
                metadata["finalizers"] = JsonAccess.StringArray(finalizers);
            else
                metadata.Remove("finalizers");

            var holdsContent = type is { Group: "", Plural: "namespaces" };
            if (finalizers.Count == 0 && !holdsContent)
            {
                if (!who.DryRun)
                    store.Commit(StoreEventType.Deleted, type, JsonTree.Frozen(obj), existing);
                return Gone(type, existing);
            }

            if (!existing.Deleting)
            {
                metadata["deletionTimestamp"] = JsonAccess.Timestamp(clock.GetUtcNow());
                if (!holdsContent)
                    metadata["deletionGracePeriodSeconds"] = type is { Group: "", Plural: "pods" } ? request.GracePeriodSeconds ?? 30 : 0;
                if (type.IsCustom)
                    metadata["generation"] = (metadata["generation"]?.GetValue<long>() ?? 0) + 1;
                if (holdsContent)
                    obj.Ensure("status")["phase"] = "Terminating";
            }

            var frozen = JsonTree.Frozen(obj);
            if (who.DryRun)
                return frozen;
            return JsonNode.DeepEquals(frozen, existing.Object)
                ? existing.Object
                : store.Commit(StoreEventType.Modified, type, frozen, existing).Object;
        }
    }

    /// <summary>Removes a marked object whatever finalizers it has; for a namespace that has been emptied.</summary>
    public void Purge(ResourceType type, string? ns, string name)
    {
        lock (store.Gate)
        {
            if (store.Find(type, ns, name) is { } existing)
                store.Commit(StoreEventType.Deleted, type, (JsonObject)existing.Object.DeepClone(), existing);
        }
    }

    private static void CheckPreconditions(ResourceType type, StoredObject existing, DeleteRequest request)
    {
        if (request.PreconditionUid is { } uid && uid != existing.Uid)
        {
            throw ApiException.Conflict(
                type, existing.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {existing.Uid}");
        }

        var version = existing.Object.TextAt("metadata", "resourceVersion");
        if (request.PreconditionResourceVersion is { } wanted && wanted != version)
        {
            throw ApiException.Conflict(
                type,
                existing.Name,
                $"Precondition failed: ResourceVersion in precondition: {wanted}, ResourceVersion in object meta: {version}");
        }
    }

    private static List<string> Finalizers(JsonObject metadata, string? policy)
    {
        var finalizers = metadata.TextsAt("finalizers").ToList();
        if (policy is null)
            return finalizers;
        finalizers.RemoveAll(f => f is ForegroundFinalizer or OrphanFinalizer);
        if (policy == "Foreground")
            finalizers.Add(ForegroundFinalizer);
        else if (policy == "Orphan")
            finalizers.Add(OrphanFinalizer);
        return finalizers;
    }

    private static JsonObject Gone(ResourceType type, StoredObject existing)
    {
        var details = new JsonObject { ["name"] = existing.Name };
        if (type.Group.Length > 0)
            details["group"] = type.Group;
        details["kind"] = type.Plural;
        details["uid"] = existing.Uid;
        return new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        };
    }
}
