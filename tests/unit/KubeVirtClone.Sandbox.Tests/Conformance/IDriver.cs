using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Tests.Conformance;

/// <summary>A resource as both drivers need to know it.</summary>
internal sealed record Resource(string Group, string Version, string Plural, string Kind)
{
    public static readonly Resource Map = new("", "v1", "configmaps", "ConfigMap");

    public static readonly Resource Machine = new("kubevirt.io", "v1", "virtualmachines", "VirtualMachine");

    public static readonly Resource VmClone = new("clone.kubevirt.io", "v1beta1", "virtualmachineclones", "VirtualMachineClone");

    public string ApiVersion => Group.Length == 0 ? Version : Group + "/" + Version;

    public string Qualified => Group.Length == 0 ? Plural : Plural + "." + Group;
}

/// <summary>What a request gave: an object (for a list its items), or the server's reason and words.</summary>
internal sealed record Reply(JsonNode? Object, string? Reason = null, string Message = "")
{
    public bool Ok => Reason is null;

    public JsonNode Value
    {
        get
        {
            Reason.ShouldBeNull(Message);
            return Object.ShouldNotBeNull();
        }
    }
}

/// <summary>A running watch.</summary>
internal interface IWatch : IAsyncDisposable
{
    /// <summary>The next event: <c>ADDED/name</c>, <c>MODIFIED/name</c> or <c>DELETED/name</c>.</summary>
    Task<string> NextAsync();
}

/// <summary>A client of an API server, as far as the suite needs one. All objects are in the namespace of the fixture.</summary>
internal interface IDriver : IAsyncDisposable
{
    Task<Reply> CreateAsync(Resource resource, JsonObject body, bool dryRun = false);

    Task<Reply> GetAsync(Resource resource, string name);

    Task<Reply> ListAsync(Resource resource, string? labels = null, string? fields = null, int pageSize = 500);

    Task<Reply> PatchAsync(Resource resource, string name, string type, JsonNode patch, string? subresource = null);

    Task<Reply> ApplyAsync(Resource resource, JsonObject body, string manager, bool force = false);

    Task<Reply> DeleteAsync(Resource resource, string name, bool dryRun = false);

    /// <summary>PUTs to a subresource of a VirtualMachine: <c>start</c>, <c>stop</c>.</summary>
    Task<Reply> PowerAsync(string machine, string subresource);

    IWatch Watch(Resource resource, string labels);
}
