using System.Globalization;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>Create, update and patch; each runs whole under the store's lock.</summary>
/// <param name="store">Where objects are.</param>
/// <param name="admission">What may change or refuse a write.</param>
/// <param name="namespaces">The type of namespaces; null for a server without them.</param>
/// <param name="ids">Makes uids and generated names.</param>
/// <param name="clock">Source of timestamps.</param>
internal sealed class ObjectWriter(ObjectStore store, AdmissionChain admission, ResourceType? namespaces, IdSource ids, TimeProvider clock)
{
    private static readonly string[] ServerSetMetadata =
        ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink", "generateName"];

    /// <summary>
    /// Creates an object: field validation, mutating admission, name generation, schema, validating admission, commit.
    /// Returns the stored object (for a dry run, what would have been stored).
    /// </summary>
    /// <exception cref="ApiException">400, 403, 404, 409, 422 as a real server answers.</exception>
    public JsonObject Create(ResourceType type, string? ns, JsonObject obj, RequestInfo who)
    {
        if (!type.IsServed)
            throw ApiException.NoSuchResource("post", type);
        lock (store.Gate)
        {
            var version = BodyDecoder.RequestVersion(type, obj);
            var working = BodyDecoder.Decode(type, (JsonObject)obj.DeepClone(), who);
            var metadata = working.Ensure("metadata");
            CheckNamespace(type, ns, metadata);
            if (metadata.TextAt("resourceVersion") is { Length: > 0 })
                throw new ApiException(500, null, "resourceVersion should not be set on objects to be created");
            if (type.Namespaced)
                CheckNamespaceOpen(type, ns!, metadata.TextAt("name") ?? "");
            foreach (var field in ServerSetMetadata)
            {
                if (field != "generateName")
                    metadata.Remove(field);
            }

            metadata.Remove("resourceVersion");
            // A status is dropped; one that is no object a webhook sees, and may trip over.
            var statusIsObject = working["status"] is null or JsonObject;
            if (type.HasStatus && statusIsObject)
                working.Remove("status");

            var request = new AdmissionRequest
            {
                Type = type,
                Operation = "CREATE",
                Namespace = ns,
                Name = metadata.TextAt("name") ?? "",
                Object = working,
                Info = who,
                RequestVersion = version,
            };
            working = admission.Mutate(request);
            if (!statusIsObject)
                working.Remove("status");
            metadata = working.Ensure("metadata");
            BodyDecoder.WarnOfFinalizers(type, metadata, who);
            request.Name = Name(type, ns, metadata);
            metadata["uid"] = ids.Uid();
            metadata["creationTimestamp"] = JsonAccess.Timestamp(clock.GetUtcNow());
            if (type.IsCustom)
                metadata["generation"] = 1;
            Check(type, working, old: null);
            admission.Validate(request);
            if (store.Find(type, ns, request.Name) is { } existing)
                throw ApiException.AlreadyExists(type, request.Name, existing.Deleting);
            if (who.DryRun)
                return JsonTree.Frozen(working);
            metadata["resourceVersion"] = "";
            return store.Commit(StoreEventType.Added, type, JsonTree.Frozen(working), null).Object;
        }
    }

    /// <summary>
    /// Replaces an object, or only its status. A stale resourceVersion is refused with 409; custom resources must carry one.
    /// Nothing is written, and no event sent, when nothing changes.
    /// </summary>
    /// <exception cref="ApiException">400, 403, 404, 409, 422 as a real server answers.</exception>
    public JsonObject Update(ResourceType type, string? ns, string name, JsonObject obj, RequestInfo who, string? subresource)
    {
        lock (store.Gate)
        {
            var version = BodyDecoder.RequestVersion(type, obj);
            var existing = store.Find(type, ns, name) ?? throw ApiException.NotFound(type, name);
            var working = BodyDecoder.Decode(type, obj, who);
            var metadata = working.Ensure("metadata");
            CheckNamespace(type, ns, metadata);
            if ((metadata.TextAt("name") ?? "") is var given && given != name)
            {
                throw ApiException.BadRequest(given.Length == 0
                    ? "name of the object must be specified"
                    : $"the name of the object ({given}) does not match the name on the URL ({name})");
            }

            if (type.IsCustom && string.IsNullOrEmpty(metadata.TextAt("resourceVersion")))
            {
                throw ApiException.Invalid(
                    type, name, [new ApiCause("metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0: must be specified for an update")]);
            }

            return Replace(type, existing, working, who, subresource, version);
        }
    }

    /// <summary>Patches an object or its status; server-side apply creates what is missing.</summary>
    /// <exception cref="ApiException">As <see cref="Update"/>; 415 for a strategic merge of a custom resource.</exception>
    public (JsonObject Object, bool Created) Patch(
        ResourceType type, string? ns, string name, PatchType patchType, JsonNode patch, string version, RequestInfo who, string? subresource)
    {
        lock (store.Gate)
        {
            var existing = store.Find(type, ns, name);
            if (patchType == PatchType.Apply)
                return Apply(type, ns, name, existing, (JsonObject)patch, version, who, subresource);
            if (existing is null)
                throw ApiException.NotFound(type, name);
            var patched = Patching.Apply(type, existing.In(type.ApiVersion(version)), patchType, patch);
            return (Replace(type, existing, BodyDecoder.Decode(type, patched, who), who, subresource, version), false);
        }
    }

    private (JsonObject Object, bool Created) Apply(
        ResourceType type, string? ns, string name, StoredObject? existing, JsonObject config, string version, RequestInfo who, string? subresource)
    {
        var manager = who.FieldManager ?? throw ApiException.BadRequest(
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        if (existing is null)
        {
            var made = (JsonObject)config.DeepClone();
            made.Ensure("metadata")["name"] = name;
            var created = Create(type, ns, made, who);
            if (!who.DryRun)
                store.Applied.Record(created.TextAt("metadata", "uid")!, manager, config);
            return (created, true);
        }

        var merged = store.Applied.Merge(existing, manager, config, who.Force);
        merged["apiVersion"] = type.ApiVersion(version);
        var result = Replace(type, existing, BodyDecoder.Decode(type, merged, who), who, subresource, version);
        if (!who.DryRun)
            store.Applied.Record(existing.Uid, manager, config);
        return (result, false);
    }

    private JsonObject Replace(
        ResourceType type, StoredObject existing, JsonObject working, RequestInfo who, string? subresource, string version)
    {
        var oldMetadata = (JsonObject)existing.Object["metadata"]!;
        CheckCurrent(type, existing, working);
        working = subresource == "status" ? WithStatusOf(existing, working) : WithKeptFields(type, existing, working);
        var request = new AdmissionRequest
        {
            Type = type,
            Operation = "UPDATE",
            Namespace = existing.Namespace,
            Name = existing.Name,
            Subresource = subresource,
            Object = working,
            OldObject = existing.Object,
            Info = who,
            RequestVersion = version,
        };
        working = admission.Mutate(request);
        var metadata = working.Ensure("metadata");
        if (subresource != "status")
        {
            foreach (var field in ServerSetMetadata)
                Keep(oldMetadata, metadata, field);
            metadata["resourceVersion"] = oldMetadata["resourceVersion"]?.DeepClone();
        }

        Check(type, working, existing.Object);
        admission.Validate(request);

        var frozen = subresource == "status" ? WithFrozenStatus(working) : JsonTree.Frozen(working);
        if (type.IsCustom && subresource != "status" && SpecChanged(type, existing.Object, frozen))
            ((JsonObject)frozen["metadata"]!)["generation"] = JsonTree.Number((oldMetadata["generation"]?.GetValue<long>() ?? 0) + 1);
        if (who.DryRun)
            return frozen;
        if (existing.Deleting && metadata["finalizers"] is not JsonArray { Count: > 0 })
        {
            // Watchers see the last stored state, the writer what it has written.
            store.Commit(StoreEventType.Deleted, type, (JsonObject)existing.Object.DeepClone(), existing);
            return frozen;
        }

        if (JsonNode.DeepEquals(frozen, existing.Object))
            return existing.Object;
        return store.Commit(StoreEventType.Modified, type, frozen, existing).Object;
    }

    private static void CheckCurrent(ResourceType type, StoredObject existing, JsonObject working)
    {
        var given = working.TextAt("metadata", "resourceVersion");
        if (!string.IsNullOrEmpty(given) && given != existing.Object.TextAt("metadata", "resourceVersion"))
            throw ApiException.Stale(type, existing.Name);
        var uid = working.TextAt("metadata", "uid");
        if (!string.IsNullOrEmpty(uid) && uid != existing.Uid)
        {
            throw ApiException.Conflict(
                type, existing.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {existing.Uid}");
        }
    }

    private static JsonObject WithStatusOf(StoredObject existing, JsonObject working)
    {
        var result = (JsonObject)existing.Object.DeepClone();
        result.Remove("status");
        if (working["status"] is { } status)
        {
            working.Remove("status");
            result["status"] = status;
        }

        return result;
    }

    // All the rest is a copy of what is stored, and frozen already.
    private static JsonObject WithFrozenStatus(JsonObject working)
    {
        if (working["status"] is { } status)
        {
            working.Remove("status");
            working["status"] = JsonTree.FrozenNode(status);
        }

        return working;
    }

    private static JsonObject WithKeptFields(ResourceType type, StoredObject existing, JsonObject working)
    {
        var metadata = working.Ensure("metadata");
        foreach (var field in ServerSetMetadata)
            Keep((JsonObject)existing.Object["metadata"]!, metadata, field);
        Keep((JsonObject)existing.Object["metadata"]!, metadata, "namespace");
        if (type.HasStatus)
            Keep(existing.Object, working, "status");
        return working;
    }

    private static void Keep(JsonObject from, JsonObject to, string field)
    {
        if (from.TryGetPropertyValue(field, out var value))
            to[field] = value?.DeepClone();
        else
            to.Remove(field);
    }

    private static bool SpecChanged(ResourceType type, JsonObject old, JsonObject now)
    {
        foreach (var key in old.Select(p => p.Key).Union(now.Select(p => p.Key)))
        {
            if (key is "metadata" or "apiVersion" or "kind" || (key == "status" && type.HasStatus))
                continue;
            if (!JsonNode.DeepEquals(old[key], now[key]))
                return true;
        }

        return false;
    }

    private string Name(ResourceType type, string? ns, JsonObject metadata)
    {
        if (metadata.TextAt("name") is { Length: > 0 } given)
            return given;
        if (metadata.TextAt("generateName") is not { Length: > 0 } prefix)
            return "";
        string name;
        do
        {
            name = prefix[..Math.Min(prefix.Length, 58)] + ids.Suffix(5);
        }
        while (store.Find(type, ns, name) is not null);
        metadata["name"] = name;
        return name;
    }

    private static void Check(ResourceType type, JsonObject working, JsonObject? old)
    {
        var causes = new List<ApiCause>();
        NameRules.Check(type, working, causes);
        if (old is not null && old.At("metadata", "deletionTimestamp") is not null)
        {
            var added = working.TextsAt("metadata", "finalizers").Except(old.TextsAt("metadata", "finalizers")).ToList();
            if (added.Count > 0)
            {
                var list = string.Join(", ", added.Select(f => $"\"{f}\""));
                causes.Add(new ApiCause(
                    "metadata.finalizers",
                    "FieldValueForbidden",
                    $"Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}"));
            }
        }

        if (type.Schema is { } schema)
            SchemaCheck.Validate(schema, working, causes);
        if (type.HasRules && causes.Exists(c => c.Reason is "FieldValueTooLong" or "FieldValueRequired" or "FieldValueNotSupported" or "FieldValueTypeInvalid"))
            causes.Add(new ApiCause("<nil>", "FieldValueInvalid", "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"));
        if (causes.Count > 0)
            throw ApiException.Invalid(type, working.TextAt("metadata", "name") ?? "", causes);
    }

    private static void CheckNamespace(ResourceType type, string? ns, JsonObject metadata)
    {
        if (!type.Namespaced)
        {
            metadata.Remove("namespace");
            return;
        }

        var given = metadata.TextAt("namespace");
        if (!string.IsNullOrEmpty(given) && given != ns)
            throw ApiException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        metadata["namespace"] = ns;
    }

    private void CheckNamespaceOpen(ResourceType type, string ns, string name)
    {
        if (namespaces is null)
            return;
        var home = store.Find(namespaces, null, ns) ?? throw ApiException.NotFound(namespaces, ns);
        if (home.Deleting)
        {
            throw ApiException.Forbidden(
                type,
                name,
                string.Create(CultureInfo.InvariantCulture, $"unable to create new content in namespace {ns} because it is being terminated"),
                [new ApiCause("metadata.namespace", "NamespaceTerminating", $"namespace {ns} is being terminated")]);
        }
    }
}
