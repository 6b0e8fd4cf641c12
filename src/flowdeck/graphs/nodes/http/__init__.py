"""http: one request to a web service."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.http.spec import HttpNode

NODE_TYPE = NodeType(HttpNode, "flowdeck.graphs.nodes.http.step:HttpStep")
