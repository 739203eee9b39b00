using KubeVirtClone.Sandbox.Http;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>start, stop and restart for the HTTP server.</summary>
internal sealed class MachineSubresourceHandler(MachineSubresources machines) : ISubresourceHandler
{
    public bool Handles(string resource, string subresource) => resource == "virtualmachines" && subresource is ("start" or "stop" or "restart");

    public SubresourceAnswer Handle(SubresourceRequest request)
    {
        machines.Invoke(request.Namespace, request.Name, request.Subresource, request.Body, request.Info);
        return new SubresourceAnswer(202);
    }
}
