
namespace KubeVirtClone.Engine.Knowledge.Patches;

/// <summary>Carries a fault out of the nested checks of one request; never leaves <c>RequestRules</c>.</summary>
internal sealed class RequestFaultException(string id, string message, string action) : Exception(message)
{
    public string Id { get; } = id;

    public string Action { get; } = action;
}
