namespace KubeVirtClone.Engine.Knowledge.Patches;

/// <summary>Patches being written.</summary>
internal sealed class PatchList
{
    private readonly List<PatchOperation> _operations = [];

    public IReadOnlyList<PatchOperation> Operations => _operations;

    public void Add(string op, string path, JsonNode? value) => _operations.AddRange(PatchRules.Expand(PatchOperation.With(op, path, value)));

    public void Add(string op, string path) => _operations.Add(new PatchOperation(op, path));

    /// <summary>Sets a text that is each clone's own.</summary>
    public void AddOwn(string op, string path, RequestField field, CloneRequest request) =>
        _operations.Add(PatchOperation.With(op, path, request.Wishes.Text(field)) with { ValueOf = field });
}
