/** elkjs in a worker of its own: laying out a large graph must not hold up the page. It answers elk-api's messages. */
import "elkjs/lib/elk-worker.min.js";
