using System.Globalization;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Machinery;

/// <content>Create, update and patch.</content>
public sealed partial class ApiMachinery
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
        lock (_gate)
        {
            var version = RequestVersion(type, obj);
            var working = Decode(type, (JsonObject)obj.DeepClone(), who);
            var metadata = JsonTree.Child(working, "metadata");
            CheckNamespace(type, ns, metadata);
            if (JsonTree.Text(metadata, "resourceVersion") is { Length: > 0 })
                throw new ApiException(500, null, "resourceVersion should not be set on objects to be created");
            if (type.Namespaced)
                CheckNamespaceOpen(type, ns!, JsonTree.Text(metadata, "name") ?? "");
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
                Name = JsonTree.Text(metadata, "name") ?? "",
                Object = working,
                Info = who,
                RequestVersion = version,
            };
            working = Mutate(request);
            if (!statusIsObject)
                working.Remove("status");
            metadata = JsonTree.Child(working, "metadata");
            WarnOfFinalizers(type, metadata, who);
            request.Name = Name(type, ns, metadata);
            metadata["uid"] = _ids.Uid();
            metadata["creationTimestamp"] = Timestamp();
            if (type.IsCustom)
                metadata["generation"] = 1;
            Check(type, working, old: null);
            Validate(request);
            if (_shelves[type].Find(ns, request.Name) is { } existing)
                throw ApiException.AlreadyExists(type, request.Name, existing.Deleting);
            if (who.DryRun)
                return JsonTree.Frozen(working);
            metadata["resourceVersion"] = "";
            return Commit(StoreEventType.Added, type, JsonTree.Frozen(working), null).Object;
        }
    }

    /// <summary>
    /// Replaces an object, or only its status. A stale resourceVersion is refused with 409; custom resources must carry one.
    /// Nothing is written, and no event sent, when nothing changes.
    /// </summary>
    /// <exception cref="ApiException">400, 403, 404, 409, 422 as a real server answers.</exception>
    public JsonObject Update(ResourceType type, string? ns, string name, JsonObject obj, RequestInfo who, string? subresource = null) =>
        UpdateWith(type, ns, name, (JsonObject)obj.DeepClone(), who, subresource);

    /// <summary><see cref="Update"/> with an object that the caller gives away.</summary>
    internal JsonObject UpdateWith(ResourceType type, string? ns, string name, JsonObject obj, RequestInfo who, string? subresource)
    {
        lock (_gate)
        {
            var version = RequestVersion(type, obj);
            var existing = _shelves[type].Find(ns, name) ?? throw ApiException.NotFound(type, name);
            var working = Decode(type, obj, who);
            var metadata = JsonTree.Child(working, "metadata");
            CheckNamespace(type, ns, metadata);
            if ((JsonTree.Text(metadata, "name") ?? "") is var given && given != name)
            {
                throw ApiException.BadRequest(given.Length == 0
                    ? "name of the object must be specified"
                    : $"the name of the object ({given}) does not match the name on the URL ({name})");
            }

            if (type.IsCustom && string.IsNullOrEmpty(JsonTree.Text(metadata, "resourceVersion")))
            {
                throw ApiException.Invalid(
                    type, name, [new ApiCause("metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0: must be specified for an update")]);
            }

            return Replace(type, existing, working, who, subresource, version);
        }
    }

    /// <summary>Patches an object or its status; server-side apply creates what is missing.</summary>
    /// <exception cref="ApiException">As <see cref="Update"/>; 415 for a strategic merge of a custom resource.</exception>
    public JsonObject Patch(
        ResourceType type, string? ns, string name, PatchType patchType, JsonNode patch, RequestInfo who, string? subresource = null) =>
        Patch(type, ns, name, patchType, patch, type.StorageVersion, who, subresource).Object;

    internal (JsonObject Object, bool Created) Patch(
        ResourceType type, string? ns, string name, PatchType patchType, JsonNode patch, string version, RequestInfo who, string? subresource)
    {
        lock (_gate)
        {
            var existing = _shelves[type].Find(ns, name);
            if (patchType == PatchType.Apply)
                return Apply(type, ns, name, existing, (JsonObject)patch, version, who, subresource);
            if (existing is null)
                throw ApiException.NotFound(type, name);
            var patched = Patching.Apply(type, existing.In(type.ApiVersion(version)), patchType, patch);
            return (Replace(type, existing, Decode(type, patched, who), who, subresource, version), false);
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
            JsonTree.Child(made, "metadata")["name"] = name;
            var created = Create(type, ns, made, who);
            if (!who.DryRun)
                _applied.Record(JsonTree.Text(created, "metadata", "uid")!, manager, config);
            return (created, true);
        }

        var merged = _applied.Merge(existing, manager, config, who.Force);
        merged["apiVersion"] = type.ApiVersion(version);
        var result = Replace(type, existing, Decode(type, merged, who), who, subresource, version);
        if (!who.DryRun)
            _applied.Record(existing.Uid, manager, config);
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
        working = Mutate(request);
        var metadata = JsonTree.Child(working, "metadata");
        if (subresource != "status")
        {
            foreach (var field in ServerSetMetadata)
                Keep(oldMetadata, metadata, field);
            metadata["resourceVersion"] = oldMetadata["resourceVersion"]?.DeepClone();
        }

        Check(type, working, existing.Object);
        Validate(request);

        var frozen = subresource == "status" ? WithFrozenStatus(working) : JsonTree.Frozen(working);
        if (type.IsCustom && subresource != "status" && SpecChanged(type, existing.Object, frozen))
            ((JsonObject)frozen["metadata"]!)["generation"] = JsonTree.Number((oldMetadata["generation"]?.GetValue<long>() ?? 0) + 1);
        if (who.DryRun)
            return frozen;
        if (existing.Deleting && metadata["finalizers"] is not JsonArray { Count: > 0 })
        {
            // Watchers see the last stored state, the writer what it has written.
            Commit(StoreEventType.Deleted, type, (JsonObject)existing.Object.DeepClone(), existing);
            return frozen;
        }

        if (JsonNode.DeepEquals(frozen, existing.Object))
            return existing.Object;
        return Commit(StoreEventType.Modified, type, frozen, existing).Object;
    }

    private static void CheckCurrent(ResourceType type, StoredObject existing, JsonObject working)
    {
        var given = JsonTree.Text(working, "metadata", "resourceVersion");
        if (!string.IsNullOrEmpty(given) && given != JsonTree.Text(existing.Object, "metadata", "resourceVersion"))
            throw ApiException.Stale(type, existing.Name);
        var uid = JsonTree.Text(working, "metadata", "uid");
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
        var metadata = JsonTree.Child(working, "metadata");
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

    private JsonObject Mutate(AdmissionRequest request)
    {
        var touched = false;
        foreach (var step in _admission)
        {
            if (!step.Mutates || !step.Handles(request))
                continue;
            step.Mutate(request);
            touched = true;
        }

        var working = request.Object!;
        if (touched && request.Type.Schema is { } schema)
        {
            // A webhook may have added what the schema does not know; a server prunes and defaults again after them.
            SchemaCheck.Prune(schema, working);
            SchemaCheck.ApplyDefaults(schema, working);
        }

        return working;
    }

    private void Validate(AdmissionRequest request)
    {
        foreach (var step in _admission)
        {
            if (step.Handles(request))
                step.Validate(request);
        }
    }

    private string Name(ResourceType type, string? ns, JsonObject metadata)
    {
        if (JsonTree.Text(metadata, "name") is { Length: > 0 } given)
            return given;
        if (JsonTree.Text(metadata, "generateName") is not { Length: > 0 } prefix)
            return "";
        string name;
        do
        {
            name = prefix[..Math.Min(prefix.Length, 58)] + _ids.Suffix(5);
        }
        while (_shelves[type].Find(ns, name) is not null);
        metadata["name"] = name;
        return name;
    }

    private static void Check(ResourceType type, JsonObject working, JsonObject? old)
    {
        var causes = new List<ApiCause>();
        NameRules.Check(type, working, causes);
        if (old is not null && JsonTree.At(old, "metadata", "deletionTimestamp") is not null)
        {
            var added = JsonTree.Texts(working, "metadata", "finalizers").Except(JsonTree.Texts(old, "metadata", "finalizers")).ToList();
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
            throw ApiException.Invalid(type, JsonTree.Text(working, "metadata", "name") ?? "", causes);
    }

    private static void CheckNamespace(ResourceType type, string? ns, JsonObject metadata)
    {
        if (!type.Namespaced)
        {
            metadata.Remove("namespace");
            return;
        }

        var given = JsonTree.Text(metadata, "namespace");
        if (!string.IsNullOrEmpty(given) && given != ns)
            throw ApiException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        metadata["namespace"] = ns;
    }

    private void CheckNamespaceOpen(ResourceType type, string ns, string name)
    {
        if (FindType("", "namespaces") is not { } namespaces)
            return;
        var home = _shelves[namespaces].Find(null, ns) ?? throw ApiException.NotFound(namespaces, ns);
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
